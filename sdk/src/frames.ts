import * as z from 'zod';
import type { Encoding } from '../../core/contract/address.ts';
import { decodeBinary, encodeBinary, isJsonText } from '../../core/contract/binary/binary-frame.ts';
import type { ClientFrameInput, ClientFrameType } from '../../core/contract/client-frames.ts';
import { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { limits } from '../../core/contract/limits.ts';
import { PayloadTooLargeError } from './errors.ts';

/** A frame before it has a place in a connection. */
export interface OutgoingFrame<Type extends ClientFrameType = ClientFrameType> {
  readonly id: string;
  readonly type: Type;
  readonly payload: ClientFrameInput<Type>;
  /** Ask for an `ack`; results are acknowledged without. `false` asks for less than is usual. */
  readonly ack?: boolean;
  /** A result that is a vote: in the binary encoding it has a code of its own. */
  readonly isVote?: boolean;
  readonly traceparent?: string | undefined;
}

/** A frame's place in a connection, and how it is written there. */
export interface FramePlace {
  readonly seq: number;
  readonly ts: number;
  readonly encoding: Encoding;
}

/** A frame's text. @throws {@link PayloadTooLargeError} when the gateway would close the connection over it. */
export const encodeFrame = (frame: OutgoingFrame, { seq, ts, encoding }: FramePlace): string => {
  const { id, type, payload, ack, traceparent, isVote = false } = frame;
  const envelope = {
    v: 1,
    type,
    id,
    seq,
    ts,
    ...(ack === undefined ? {} : { ack }),
    ...(traceparent === undefined ? {} : { traceparent }),
    payload,
  };
  // The gateway finds the function of a secret by the frame's own type, which it reads in JSON only.
  const isBinary = encoding === 'binary' && type !== 'secret.get';
  const text = isBinary ? encodeBinary(envelope, { isVote }) : JSON.stringify(envelope);
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > limits.frameBytes) throw new PayloadTooLargeError(`The frame ${type}`, bytes, limits.frameBytes);
  return text;
};

/** @throws {@link PayloadTooLargeError} when the frame would not fit, whatever its place in a connection. */
export const checkFrameSize = (frame: OutgoingFrame, encoding: Encoding): void => {
  encodeFrame(frame, { seq: Number.MAX_SAFE_INTEGER, ts: Number.MAX_SAFE_INTEGER, encoding });
};

/** What the gateway itself says when the function behind it failed or throttled: not an envelope. */
const GatewayError = z.looseObject({ message: z.string(), connectionId: z.string(), requestId: z.string() });

/** What a text frame from the platform turned out to be. */
export type IncomingFrame =
  | { readonly kind: 'envelope'; readonly envelope: PlatformEnvelope }
  | { readonly kind: 'gateway-error'; readonly message: string }
  | { readonly kind: 'unreadable' };

/** The gateway's own errors are JSON on every connection. */
const parseText = (text: string): unknown => {
  try {
    return isJsonText(text) ? JSON.parse(text) : decodeBinary(text);
  } catch {
    return undefined;
  }
};

/** Tells envelopes from the gateway's own errors; never throws. */
export const readFrame = (text: string): IncomingFrame => {
  const value = parseText(text);
  const envelope = PlatformEnvelope.safeParse(value);
  if (envelope.success) return { kind: 'envelope', envelope: envelope.data };
  const error = GatewayError.safeParse(value);
  return error.success ? { kind: 'gateway-error', message: error.data.message } : { kind: 'unreadable' };
};
