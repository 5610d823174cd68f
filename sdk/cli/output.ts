import { styleText } from 'node:util';
import type { Failure } from './failure.ts';
import { jsonText, printable } from './format.ts';
import type { OutputStream, Surroundings } from './surroundings.ts';

/** How a word may look. */
export type Look = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const looksOfStatus: Readonly<Record<string, Look>> = {
  SUCCEEDED: 'green',
  FAILED: 'red',
  TIMED_OUT: 'red',
  CANCELLED: 'yellow',
  CANCELLING: 'yellow',
  SKIPPED: 'dim',
  PENDING: 'dim',
  RUNNING: 'cyan',
  STARTING: 'cyan',
  ASSIGNED: 'cyan',
  PAUSED: 'yellow',
  active: 'green',
  idle: 'green',
  running: 'cyan',
  draining: 'yellow',
  paused: 'yellow',
  inactive: 'yellow',
  disconnected: 'yellow',
  silent: 'red',
  error: 'red',
  terminated: 'dim',
  ok: 'green',
  warning: 'yellow',
  failing: 'red',
};

const hasColours = (stream: OutputStream, env: Surroundings['env'], isAllowed: boolean): boolean => {
  if (!isAllowed || (env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
};

/** A cell, with how it looks; the width is that of the text alone. */
export type Cell = string | { readonly text: string; readonly look: Look | undefined };

const textOf = (cell: Cell): string => printable(typeof cell === 'string' ? cell : cell.text);

/** Words for one stream: plain, or with colours where people look at it. */
export class Paint {
  readonly isColoured: boolean;

  constructor(isColoured: boolean) {
    this.isColoured = isColoured;
  }

  as(look: Look | undefined, text: string): string {
    return this.isColoured && look !== undefined ? styleText(look, text, { validateStream: false }) : text;
  }

  /** A status in its colour. */
  status(status: string): Cell {
    return { text: status, look: looksOfStatus[status] };
  }

  cell(cell: Cell, width = 0): string {
    const text = textOf(cell);
    const look = typeof cell === 'string' ? undefined : cell.look;
    return `${this.as(look, text)}${' '.repeat(Math.max(0, width - text.length))}`;
  }

  /** Columns as wide as their widest cell; with `width` the last column is cut where the line would break. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[], width?: number): string {
    const widths = head.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => textOf(row[column] ?? '').length)),
    );
    const line = (cells: readonly Cell[]): string => {
      const before = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
      const isTooWide = width !== undefined && before + textOf(cells.at(-1) ?? '').length > width;
      const last = isTooWide ? this.#cut(cells.at(-1) ?? '', Math.max(8, width - before)) : (cells.at(-1) ?? '');
      const shown = [...cells.slice(0, -1), last];
      return shown
        .map((cell, column) => this.cell(cell, widths[column]))
        .join('  ')
        .trimEnd();
    };
    return [line(head.map((title) => ({ text: title, look: 'dim' }))), ...rows.map(line)].join('\n');
  }

  /** `name  value` lines; what has no value is left out. */
  facts(facts: readonly (readonly [string, Cell | undefined])[]): string {
    const known = facts.filter((fact): fact is [string, Cell] => fact[1] !== undefined && textOf(fact[1]) !== '');
    const width = Math.max(0, ...known.map(([name]) => name.length));
    return known.map(([name, value]) => `${this.as('dim', name.padEnd(width))}  ${this.cell(value)}`).join('\n');
  }

  #cut(cell: Cell, width: number): Cell {
    const text = `${textOf(cell).slice(0, width - 1)}…`;
    return typeof cell === 'string' ? text : { text, look: cell.look };
  }
}

/** What a command says: results on standard output, everything else on standard error. */
export class Output {
  readonly isJson: boolean;
  /** For standard output. */
  readonly paint: Paint;
  /** For standard error. */
  readonly asidePaint: Paint;
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings, { isJson, isColourAllowed }: { isJson: boolean; isColourAllowed: boolean }) {
    this.#surroundings = surroundings;
    this.isJson = isJson;
    this.paint = new Paint(hasColours(surroundings.stdout, surroundings.env, isColourAllowed));
    this.asidePaint = new Paint(hasColours(surroundings.stderr, surroundings.env, isColourAllowed));
  }

  /** Width of the terminal that standard output is; undefined when it is none. */
  get width(): number | undefined {
    const { isTTY, columns } = this.#surroundings.stdout;
    return isTTY === true ? columns : undefined;
  }

  /** The result: with `--json` the value, else the text. */
  result(value: unknown, text: () => string): void {
    const said = this.isJson ? jsonText(value, this.width === undefined ? undefined : 2) : text();
    if (said !== '') this.#surroundings.stdout.write(`${said}\n`);
  }

  /** One of many results: with `--json` a line of JSON, else the text. */
  entry(value: unknown, text: () => string): void {
    this.#surroundings.stdout.write(`${this.isJson ? jsonText(value) : text()}\n`);
  }

  /** Rows, or a sentence when there are none. */
  rows(
    value: unknown,
    { head, rows, none }: { head: readonly string[]; rows: readonly (readonly Cell[])[]; none: string },
  ): void {
    this.result(value, () => (rows.length === 0 ? none : this.paint.table(head, rows, this.width)));
  }

  /** Something beside the result; not said with `--json`. */
  aside(text: string): void {
    if (!this.isJson) this.#surroundings.stderr.write(`${text}\n`);
  }

  failure(failure: Failure): void {
    const { exitCode, ...error } = failure;
    const { stderr } = this.#surroundings;
    if (this.isJson) {
      stderr.write(`${jsonText({ error: { ...error, exitCode } })}\n`);
      return;
    }
    const { code, message, field, limit, hint } = error;
    const suffix = code === 'CLI' || code === 'USAGE' || code === 'UNEXPECTED' ? '' : ` [${code}]`;
    const words = message.split('\n').map(printable).join('\n');
    const lines = [
      `${this.asidePaint.as('red', 'error:')} ${words}${suffix}`,
      ...(field === undefined ? [] : [`  field: ${printable(field)}`]),
      ...(limit === undefined ? [] : [`  limit: ${limit}`]),
      ...(hint === undefined ? [] : [`${this.asidePaint.as('dim', 'hint:')} ${printable(hint)}`]),
    ];
    stderr.write(`${lines.join('\n')}\n`);
  }
}
