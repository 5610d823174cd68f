import * as z from 'zod';
import type { Json } from '../../core/contract/json.ts';
import { limits } from '../../core/contract/limits.ts';
import { openPayload, stowPayload } from './claim-checks.ts';
import type { Http } from './http.ts';
import type { Timers } from './timers.ts';

const UploadPlace = z.looseObject({
  ref: z.string(),
  uploadUrl: z.string(),
  headers: z.record(z.string(), z.string()),
});

/** Values of requests and answers of the HTTP API: what is larger than a frame travels as a claim check. */
export class ApiPayloads {
  readonly #http: Http;
  readonly #surroundings: { readonly timers: Timers; readonly random: () => number };

  constructor(http: Http, surroundings: { readonly timers: Timers; readonly random: () => number }) {
    this.#http = http;
    this.#surroundings = surroundings;
  }

  /** An input as it is sent: itself, or a claim check for what has just been uploaded. */
  stow(value: unknown, signal?: AbortSignal): Promise<Json> {
    return stowPayload(value, 'input', {
      ...this.#surroundings,
      signal,
      inlineBytes: limits.inlinePayloadBytes,
      prepare: (body) => this.#http.call({ method: 'POST', path: '/payloads', body, signal }, UploadPlace),
    });
  }

  /** A view with its input and output fetched and verified. */
  async open<View extends { input: Json; output?: Json | undefined }>(view: View, signal?: AbortSignal): Promise<View> {
    const transfer = { ...this.#surroundings, signal };
    const input = await openPayload(view.input, transfer);
    if (view.output === undefined) return { ...view, input };
    return { ...view, input, output: await openPayload(view.output, transfer) };
  }
}
