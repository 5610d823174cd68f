/** Translates offsets of one text into line numbers; every answer is a line that exists. */
export class LineIndex {
  readonly #starts: number[] = [0];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
    // The empty rest after a final newline is not a line that an editor shows content on.
    if (this.#starts.length > 1 && this.#starts.at(-1) === text.length) this.#starts.pop();
  }

  get lineCount(): number {
    return this.#starts.length;
  }

  /** The line (from 1) that holds the offset; offsets past the end answer the last line. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** The text of a line without its line break. */
  textOf(line: number): string {
    const start = this.#starts[line - 1] ?? this.#text.length;
    const end = this.#text.indexOf('\n', start);
    return this.#text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '');
  }

  /** The trimmed line, cut to a length that fits a report. */
  evidenceAt(line: number, maxCharacters = 160): string {
    const text = this.textOf(line).trim();
    return text.length > maxCharacters ? `${text.slice(0, maxCharacters - 1)}…` : text;
  }
}
