import type { Json } from '../../core/contract/json.ts';
import { limits } from '../../core/contract/limits.ts';
import { ClaimCheck } from '../../core/contract/payload.ts';
import { backoffMs } from './backoff.ts';
import { MusterError, PayloadTooLargeError, toError } from './errors.ts';
import { encodeJson, parseJson, sha256Hex } from './json.ts';
import type { Timers } from './timers.ts';
import { pause } from './timers.ts';

/** Where a payload may be uploaded to: what `payload.ready` and `POST /v1/payloads` answer. */
export interface UploadPlace {
  readonly ref: string;
  readonly uploadUrl: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks the platform for a place, over the socket or HTTP. */
export type PreparePayload = (content: { readonly bytes: number; readonly sha256: string }) => Promise<UploadPlace>;

/** What a transfer needs of its surroundings. */
export interface Transfer {
  readonly timers: Timers;
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
}

const transferMs = 60_000;
const transferTries = 4;

/**
 * A value as it may travel: itself when small, else a claim check for what has just been uploaded.
 * @throws {@link PayloadTooLargeError} above `limits.payloadBytes`.
 */
export const stowPayload = async (
  value: unknown,
  what: string,
  transfer: Transfer & { readonly prepare: PreparePayload; readonly inlineBytes: number },
): Promise<Json> => {
  const { text, bytes } = encodeJson(value, what);
  if (bytes <= transfer.inlineBytes) return parseJson(text);
  if (bytes > limits.payloadBytes) throw new PayloadTooLargeError(what, bytes, limits.payloadBytes);
  const content = { bytes, sha256: sha256Hex(text) };
  const { ref, uploadUrl, headers } = await transfer.prepare(content);
  // fetch derives content-length from the body, and refuses some spellings of it.
  const sent = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length');
  await transferWithRetries(transfer, 'upload', uploadUrl, {
    method: 'PUT',
    headers: Object.fromEntries(sent),
    body: new TextEncoder().encode(text),
  });
  return { $payload: { ref, ...content } };
};

/**
 * The value behind a claim check, verified; anything else as it is.
 * @throws {@link MusterError} PAYLOAD_UNAVAILABLE when it cannot be had, PAYLOAD_CORRUPT when it is not what was stored.
 */
export const openPayload = async (value: Json, transfer: Transfer): Promise<Json> => {
  const check = ClaimCheck.safeParse(value);
  if (!check.success) return value;
  const { url, sha256, ref } = check.data.$payload;
  if (url === undefined)
    throw new MusterError(`The payload ${ref} came without an address`, { code: 'PAYLOAD_UNAVAILABLE' });
  const text = await transferWithRetries(transfer, 'download', url, { method: 'GET' });
  if (sha256Hex(text) === sha256) return parseJson(text);
  throw new MusterError(`The payload ${ref} is not what was stored: its digest differs`, {
    code: 'PAYLOAD_CORRUPT',
    retryable: true,
  });
};

const transferWithRetries = async (
  transfer: Transfer,
  what: string,
  url: string,
  init: RequestInit,
): Promise<string> => {
  for (let tries = 1; ; tries++) {
    const outcome = await transferOnce(url, init, transfer.signal);
    if (outcome.ok) return outcome.text;
    transfer.signal?.throwIfAborted();
    if (!outcome.retryable || tries >= transferTries) {
      // The address is a credential: it stays out of the message.
      const message = `The ${what} of a payload failed: ${outcome.reason}`;
      throw new MusterError(message, { code: 'PAYLOAD_UNAVAILABLE', retryable: true });
    }
    await pause(transfer.timers, backoffMs(tries, { baseMs: 200, capMs: 5000 }, transfer.random), transfer.signal);
  }
};

type TransferOutcome =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string; readonly retryable: boolean };

const transferOnce = async (url: string, init: RequestInit, signal?: AbortSignal): Promise<TransferOutcome> => {
  const timeout = AbortSignal.timeout(transferMs);
  try {
    const response = await fetch(url, {
      ...init,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await response.text();
    if (response.ok) return { ok: true, text };
    return {
      ok: false,
      reason: `status ${response.status}`,
      retryable: response.status >= 500 || response.status === 429,
    };
  } catch (thrown) {
    return { ok: false, reason: toError(thrown).message, retryable: true };
  }
};
