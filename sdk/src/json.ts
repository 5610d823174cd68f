import { createHash } from 'node:crypto';
import type { Json } from '../../core/contract/json.ts';
import { MusterError, toError } from './errors.ts';

/** JSON text as a value; what JSON.parse returns is a JSON value by definition. @throws SyntaxError */
export const parseJson = (text: string): Json => {
  const value: Json = JSON.parse(text);
  return value;
};

/** A value as it travels: what JSON cannot say is dropped as `JSON.stringify` does. `undefined` becomes null. */
export interface Encoded {
  readonly text: string;
  readonly bytes: number;
}

/** @throws {@link MusterError} INVALID_FIELD for what is not JSON at all: functions, big integers, cycles. */
export const encodeJson = (value: unknown, what: string): Encoded => {
  const text = stringify(value ?? null, what);
  return { text, bytes: Buffer.byteLength(text) };
};

const stringify = (value: unknown, what: string): string => {
  try {
    const text: unknown = JSON.stringify(value);
    if (typeof text === 'string') return text;
  } catch (cause) {
    throw new MusterError(`${what} is not JSON: ${toError(cause).message}`, {
      code: 'INVALID_FIELD',
      field: what,
      cause,
    });
  }
  throw new MusterError(`${what} is not JSON`, { code: 'INVALID_FIELD', field: what });
};

/** Fingerprint of a payload, as the platform asks for it: 64 hexadecimal digits. */
export const sha256Hex = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
