import { isRecord } from './json.ts';

/** The JSONata between `{%` and `%}`, as AWS quotes it in messages: without the spaces around it. */
export function expressionSource(text: string): string {
  return text.slice(2, -2).trim();
}

/** `T2001: The left side of the "+" operator must evaluate to a number`: JSONata's own code and sentence. */
export function describeJsonataError(error: unknown): string {
  if (!isRecord(error) && !(error instanceof Error)) return String(error);
  const message = 'message' in error ? String(error.message) : 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? `${error.code}: ${message}` : message;
}
