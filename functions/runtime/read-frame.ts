import * as z from 'zod';
import type { Encoding } from '#core/contract/address.ts';
import { decodeBinary, isJsonText } from '#core/contract/binary/binary-frame.ts';
import { BinaryFrameError } from '#core/contract/binary/header.ts';
import { type ClientFrameType, isClientFrameType } from '#core/contract/client-frames.ts';
import { Envelope } from '#core/contract/envelope.ts';
import { EnvelopeId } from '#core/contract/ids.ts';
import { readJson } from '#core/contract/json.ts';
import { AppError } from '#core/errors/app-error.ts';
import { parseInput } from './parse-input.ts';

/** What came is no envelope: no JSON, no object, or without something that every envelope has. */
class MalformedFrameError extends AppError {
  override readonly name = 'MalformedFrameError';
  constructor(message: string, field?: string) {
    super('MALFORMED_FRAME', message, field === undefined ? {} : { field });
  }
}

/** A type that clients do not send, or that nobody knows. */
class UnknownTypeError extends AppError {
  override readonly name = 'UnknownTypeError';
  constructor(type: string) {
    super('UNKNOWN_TYPE', `There is no frame type ${type} that a client may send.`, { field: 'type' });
  }
}

const AnyObject = z.record(z.string(), z.unknown());
const required = ['v', 'type', 'id', 'seq', 'ts', 'payload'] as const;

/** What a text frame turned out to be. */
export interface ReadFrame {
  readonly value: unknown;
  /** What an answer may name: `null` when the frame has no valid one. */
  readonly id: string | null;
  /** What is wrong with a frame that is not JSON and no binary one either. */
  readonly fault?: string;
}

/** A frame's text as a value, whichever encoding it is in: base64 has no brace, and JSON begins with one. */
export const readFrame = (text: string, encoding: Encoding): ReadFrame => {
  if (encoding === 'json' || isJsonText(text)) return withId(readJson(text));
  try {
    return withId(decodeBinary(text));
  } catch (error) {
    if (error instanceof BinaryFrameError) return { value: undefined, id: null, fault: error.message };
    throw error;
  }
};

const withId = (value: unknown): ReadFrame => {
  const id = EnvelopeId.safeParse(AnyObject.safeParse(value).data?.['id']);
  return { value, id: id.success ? id.data : null };
};

/**
 * The envelope that a frame carries.
 * @throws MalformedFrameError, UnknownFieldError, InvalidFieldError, UnknownTypeError.
 */
export const parseEnvelope = ({
  value,
  fault,
}: ReadFrame): { readonly envelope: Envelope; readonly type: ClientFrameType } => {
  if (fault !== undefined) throw new MalformedFrameError(`${fault}.`);
  const fields = AnyObject.safeParse(value);
  if (!fields.success) throw new MalformedFrameError('A frame is one JSON object, nested at most 64 levels deep.');
  const missing = required.find((name) => !Object.hasOwn(fields.data, name));
  if (missing !== undefined) throw new MalformedFrameError(`Every frame needs ${required.join(', ')}.`, missing);
  const envelope = parseInput(Envelope, value);
  if (!isClientFrameType(envelope.type)) throw new UnknownTypeError(envelope.type);
  return { envelope, type: envelope.type };
};
