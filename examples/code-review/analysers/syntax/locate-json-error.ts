/** Where and why a text is not JSON. */
export interface JsonError {
  readonly offset: number;
  readonly message: string;
}

const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;

interface Cursor {
  readonly text: string;
  offset: number;
  token: string;
}

type Expectation = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd';

/**
 * The first place where a text stops being JSON; undefined when it is JSON.
 * The engine's own message names a position only for some errors, so the place is found by reading the tokens.
 */
export function locateJsonError(text: string): JsonError | undefined {
  const cursor: Cursor = { text, offset: text.startsWith('\uFEFF') ? 1 : 0, token: '' };
  const open: string[] = [];
  let expected: Expectation = 'value';
  for (;;) {
    if (open.length === 0 && expected === 'commaOrEnd') return trailing(cursor);
    if (!readToken(cursor)) return unreadable(cursor, expected);
    const next = step(cursor.token, expected, open);
    if (next === undefined)
      return { offset: tokenStart(cursor), message: `unexpected ${cursor.token}, expected ${wanted(expected)}` };
    expected = next;
  }
}

function readToken(cursor: Cursor): boolean {
  TOKEN.lastIndex = cursor.offset;
  const match = TOKEN.exec(cursor.text);
  if (match === null) return false;
  cursor.offset = TOKEN.lastIndex;
  cursor.token = match[1] ?? match[2] ?? match[3] ?? '';
  return true;
}

function tokenStart(cursor: Cursor): number {
  return cursor.offset - cursor.token.length;
}

function step(token: string, expected: Expectation, open: string[]): Expectation | undefined {
  if (expected === 'value' || expected === 'valueOrEnd') return stepValue(token, expected, open);
  if (expected === 'colon') return token === ':' ? 'value' : undefined;
  if (expected === 'commaOrEnd') return stepAfterValue(token, open);
  if (token === '}' && expected === 'keyOrEnd') return close(open);
  return token.startsWith('"') ? 'colon' : undefined;
}

function stepAfterValue(token: string, open: string[]): Expectation | undefined {
  const isObject = open.at(-1) === '{';
  if (token === ',') return isObject ? 'key' : 'value';
  return token === (isObject ? '}' : ']') ? close(open) : undefined;
}

function stepValue(token: string, expected: Expectation, open: string[]): Expectation | undefined {
  if (token === ']' && expected === 'valueOrEnd') return close(open);
  if (token === '{' || token === '[') {
    open.push(token);
    return token === '{' ? 'keyOrEnd' : 'valueOrEnd';
  }
  return /^[}\],:]/.test(token) ? undefined : 'commaOrEnd';
}

function close(open: string[]): Expectation {
  open.pop();
  return 'commaOrEnd';
}

function trailing(cursor: Cursor): JsonError | undefined {
  const rest = cursor.text.slice(cursor.offset);
  const gap = rest.search(/[^ \t\r\n]/);
  return gap === -1 ? undefined : { offset: cursor.offset + gap, message: 'unexpected text after the value' };
}

function unreadable(cursor: Cursor, expected: Expectation): JsonError {
  const gap = cursor.text.slice(cursor.offset).search(/[^ \t\r\n]/);
  if (gap === -1)
    return { offset: cursor.text.length, message: `unexpected end of file, expected ${wanted(expected)}` };
  const offset = cursor.offset + gap;
  const word = /^[\w$]+|^./u.exec(cursor.text.slice(offset, offset + 40))?.[0] ?? '';
  const reason = word === '"' ? 'unterminated or malformed string' : `unexpected ${word}`;
  return { offset, message: `${reason}, expected ${wanted(expected)}` };
}

function wanted(expected: Expectation): string {
  const words: Record<Expectation, string> = {
    value: 'a value',
    valueOrEnd: 'a value or ]',
    key: 'a property name in double quotes',
    keyOrEnd: 'a property name in double quotes or }',
    colon: ':',
    commaOrEnd: ', or the closing bracket',
  };
  return words[expected];
}
