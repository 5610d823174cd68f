import { isRecord } from './json.ts';

/** The JSONata between `{%` and `%}`, as AWS quotes it in messages: without the spaces around it. */
export function expressionSource(text: string): string {
  return text.slice(2, -2).trim();
}

/** JSONata's sentence about an expression, without its code. */
export function jsonataMessage(error: unknown): string {
  return isRecord(error) || error instanceof Error ? String(error.message) : String(error);
}

/** `T2001: The left side of the "+" operator must evaluate to a number`: JSONata's own code and sentence. */
export function describeJsonataError(error: unknown): string {
  const message = jsonataMessage(error);
  return isRecord(error) && typeof error['code'] === 'string' ? `${error['code']}: ${message}` : message;
}

/** What AWS says when an evaluation takes too much memory. */
export const memoryExceeded = 'Expression evaluation memory limit exceeded: Check for excessive memory usage';

/** JSONata's codes of a bound that was hit; AWS reports these in words of its own and without a code. */
const bounds: Readonly<Record<string, string>> = {
  D1011: 'Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive',
  D1012: 'Expression evaluation timeout: Check for infinite loop',
  D2014: memoryExceeded,
  D2015: memoryExceeded,
};

/** How AWS's sentence about an expression that threw goes on: `. <code>: <message>`, or `: <message>` without a code. */
export function endOfErrorSentence(error: unknown): string {
  if (error instanceof RangeError) return `: ${memoryExceeded}`;
  const code = isRecord(error) && typeof error['code'] === 'string' ? error['code'] : '';
  const words = bounds[code];
  if (words !== undefined) return `: ${words}`;
  return `${code === '' ? ':' : '.'} ${describeJsonataError(error)}`;
}
