import type { OxcError, ParseResult, ParserOptions } from 'oxc-parser';
import { parseSync } from 'oxc-parser';
import type { AstNode } from './ast.ts';
import { isNode } from './ast.ts';
import type { SourceFile } from './finding.ts';
import { LineIndex } from './line-index.ts';
import { nestingLimitOffset } from './nesting-limit.ts';

/** Why a script cannot be read. */
export interface ParseError {
  readonly offset: number;
  readonly message: string;
  /** The text may be right, but is not for this parser. */
  readonly isRefusal: boolean;
}

/** A parsed script: `program` is empty when the parser could not recover from the errors. */
export interface ParsedSource {
  readonly file: SourceFile;
  readonly program: AstNode;
  readonly module: ParseResult['module'];
  readonly comments: ParseResult['comments'];
  readonly errors: readonly ParseError[];
  readonly lines: LineIndex;
}

const parsed = new WeakMap<SourceFile, ParsedSource>();
const EMPTY_PROGRAM: AstNode = { type: 'Program', start: 0, end: 0, body: [] };

/** Parses a script once per file object; later calls answer the same result. */
export function parseSource(file: SourceFile): ParsedSource {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const limit = nestingLimitOffset(file.text);
  const best = limit === undefined ? bestAttempt(file) : parseSync('empty.js', '');
  const program: unknown = best.program;
  const result: ParsedSource = {
    file,
    program: isNode(program) ? program : EMPTY_PROGRAM,
    module: best.module,
    comments: best.comments,
    errors: limit === undefined ? realErrors(best).map(parseError) : [tooDeep(limit)],
    lines: new LineIndex(file.text),
  };
  parsed.set(file, result);
  return result;
}

function parseError(error: OxcError): ParseError {
  return { offset: errorOffset(error), message: error.message, isRefusal: false };
}

function tooDeep(offset: number): ParseError {
  return { offset, message: 'Nested too deeply to be parsed: the file is searched for secrets only', isRefusal: true };
}

function errorOffset(error: OxcError): number {
  const offsets = error.labels.map((label) => label.start);
  // A repeated declaration is labelled at its first and its second place; the second is the one too many.
  return (error.message.includes('already been declared') ? offsets.at(-1) : offsets[0]) ?? 0;
}

function realErrors(result: ParseResult): OxcError[] {
  // Node lints and unused hints come with lower severities; only what stops the file from running is an error here.
  return result.errors.filter((error) => error.severity.startsWith('Error'));
}

function bestAttempt(file: SourceFile): ParseResult {
  let best: ParseResult | undefined;
  // The parser tells the language by the extension, in small letters alone.
  const name = file.path.toLowerCase();
  for (const options of attempts(file.path)) {
    const result = parseSync(name, file.text, { ...options, preserveParens: false, showSemanticErrors: true });
    const errors = realErrors(result);
    if (errors.length === 0) return result;
    if (best === undefined || firstError(errors) > firstError(realErrors(best))) best = result;
  }
  return best ?? parseSync('empty.js', '');
}

function firstError(errors: readonly OxcError[]): number {
  return Math.min(...errors.map(errorOffset));
}

/** A `.js` file does not say whether it is a module, a CommonJS file or holds JSX: whatever reads it furthest is right. */
function attempts(path: string): ParserOptions[] {
  if (/\.m[jt]s$|\.tsx?$/i.test(path)) return [{}];
  if (/\.c[jt]s$/i.test(path)) return [{}, { sourceType: 'commonjs' }, { sourceType: 'unambiguous' }];
  return [
    { sourceType: 'unambiguous' },
    { sourceType: 'commonjs' },
    { sourceType: 'unambiguous', lang: 'jsx' },
    { sourceType: 'commonjs', lang: 'jsx' },
  ];
}
