/**
 * A pull parser over JSON text. It exists because `JSON.parse` forgets what event patterns depend on: the text of a
 * number (`300` and `3.0e2`), repeated keys, and the place in the text where AWS reports a fault.
 */

export type JsonTokenKind =
  | 'start-object'
  | 'end-object'
  | 'start-array'
  | 'end-array'
  | 'field-name'
  | 'string'
  | 'number'
  | 'true'
  | 'false'
  | 'null'
  | 'end-of-input';

interface JsonToken {
  readonly kind: JsonTokenKind;
  readonly text: string;
  /** Where the reader stands when the token is current, and after its text was read (a string is read lazily). */
  readonly offset: number;
  readonly offsetAfterText: number;
}

/** The text is not JSON at `offset`. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Deeper than any event AWS takes (1,100 levels of detail), and shallow enough for the stack. */
const maximumDepth = 1200;

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids raw control characters inside strings
const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const spacePattern = /[ \t\r\n]*/y;
const wordPattern = /true|false|null/y;
const identifierPattern = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;

const anyValue = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

function matchAt(pattern: RegExp, source: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
}

function decodeString(quoted: string): string {
  const decoded: unknown = JSON.parse(quoted);
  return String(decoded);
}

/** Walks the tokens of one JSON value, in the order and with the positions of AWS's own parser. */
export class JsonCursor {
  readonly source: string;
  private readonly tokens: JsonToken[] = [];
  private failure: JsonSyntaxError | undefined;
  private index = -1;
  private textWasRead = false;
  private scanOffset = 0;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
    try {
      this.scanValue();
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      this.failure = error;
    }
  }

  /** @throws {@link JsonSyntaxError} when the walk reaches the place where the text stops being JSON. */
  next(): JsonTokenKind {
    this.index += 1;
    this.textWasRead = false;
    const token = this.tokens[this.index];
    if (token !== undefined) return token.kind;
    if (this.failure !== undefined) throw this.failure;
    return 'end-of-input';
  }

  get kind(): JsonTokenKind {
    return this.tokens[this.index]?.kind ?? 'end-of-input';
  }

  /** The decoded string, the field's name, or the literal as written. */
  text(): string {
    this.textWasRead = true;
    return this.tokens[this.index]?.text ?? '';
  }

  /** Offset of the first character that has not been read yet. */
  get offset(): number {
    const token = this.tokens[this.index];
    if (token === undefined) return this.source.length;
    return this.textWasRead && token.kind === 'string' ? token.offsetAfterText : token.offset;
  }

  private fail(message: string): never {
    throw new JsonSyntaxError(message, this.scanOffset + 1);
  }

  private skipSpace(): string {
    this.scanOffset += matchAt(spacePattern, this.source, this.scanOffset)?.length ?? 0;
    return this.source[this.scanOffset] ?? '';
  }

  private push(kind: JsonTokenKind, text: string, width: number): void {
    const offset = this.scanOffset + (kind === 'string' ? 1 : width);
    this.tokens.push({ kind, text, offset, offsetAfterText: this.scanOffset + width });
    this.scanOffset += width;
  }

  private unexpected(expected: string, width = 1): never {
    const character = this.source[this.scanOffset];
    if (character === undefined) this.fail('Unexpected end-of-input');
    const message = `Unexpected character ('${character}' (code ${character.charCodeAt(0)})): ${expected}`;
    throw new JsonSyntaxError(message, this.scanOffset + width);
  }

  private noValue(): never {
    const word = matchAt(identifierPattern, this.source, this.scanOffset);
    if (word === undefined) this.unexpected(`expected a valid value ${anyValue}`);
    throw new JsonSyntaxError(`Unrecognized token '${word}': was expecting ${anyValue}`, this.scanOffset + word.length);
  }

  private scanValue(): void {
    const character = this.skipSpace();
    if (character === '' && this.tokens.length === 0) return;
    if (character === '{' || character === '[') return this.scanNested(character);
    if (character === '"') {
      const quoted = matchAt(stringPattern, this.source, this.scanOffset);
      if (quoted === undefined) this.fail('Unexpected end-of-input or illegal character in VALUE_STRING');
      return this.push('string', decodeString(quoted), quoted.length);
    }
    const number = matchAt(numberPattern, this.source, this.scanOffset);
    if (number !== undefined) return this.push('number', number, number.length);
    const word = matchAt(wordPattern, this.source, this.scanOffset);
    if (word === 'true' || word === 'false' || word === 'null') return this.push(word, word, word.length);
    this.noValue();
  }

  private scanNested(opening: '{' | '['): void {
    this.depth += 1;
    if (this.depth > maximumDepth) this.fail(`Document nesting depth exceeds the maximum allowed (${maximumDepth})`);
    if (opening === '{') this.scanObject();
    else this.scanArray();
    this.depth -= 1;
  }

  private scanObject(): void {
    this.push('start-object', '{', 1);
    if (this.skipSpace() === '}') return this.push('end-object', '}', 1);
    for (;;) {
      this.scanMember();
      const separator = this.skipSpace();
      if (separator === '}') return this.push('end-object', '}', 1);
      if (separator !== ',') this.unexpected('was expecting comma to separate Object entries');
      this.scanOffset += 1;
    }
  }

  private scanMember(): void {
    this.skipSpace();
    const quoted = matchAt(stringPattern, this.source, this.scanOffset);
    if (quoted === undefined) this.unexpected('was expecting double-quote to start field name', 0);
    const nameIndex = this.tokens.length;
    this.push('field-name', decodeString(quoted), quoted.length);
    if (this.skipSpace() !== ':') this.unexpected('was expecting a colon to separate field name and value');
    this.scanOffset += 1;
    this.scanValue();
    // AWS's parser looks ahead to the value's first token while the name is current.
    const name = this.tokens[nameIndex];
    const value = this.tokens[nameIndex + 1];
    if (name !== undefined && value !== undefined) this.tokens[nameIndex] = { ...name, offset: value.offset };
  }

  private scanArray(): void {
    this.push('start-array', '[', 1);
    if (this.skipSpace() === ']') return this.push('end-array', ']', 1);
    for (;;) {
      this.scanValue();
      const separator = this.skipSpace();
      if (separator === ']') return this.push('end-array', ']', 1);
      if (separator !== ',') this.unexpected('was expecting comma to separate Array entries');
      this.scanOffset += 1;
    }
  }
}

/** Renders a fault's place as AWS does: the source (first 500 characters), line and column. */
export function describeLocation(source: string, offset: number): string {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - (before.lastIndexOf('\n') + 1) + 1;
  const excerptLength = 500;
  const rest = source.length - excerptLength;
  const excerpt = `"${source.slice(0, excerptLength)}"${rest > 0 ? `[truncated ${rest} chars]` : ''}`;
  return `at [Source: (String)${excerpt}; line: ${line}, column: ${column}]`;
}
