/** Stored payloads behind claim checks. A `ref` begins with its tenant and a slash. */
export interface Payloads {
  put(ref: string, text: string): Promise<void>;
  /** @throws NotFoundError for an unknown or expired ref. */
  get(ref: string): Promise<string>;
  /** An address for reading, good for `limits.payloadUrlSeconds`. */
  readUrl(ref: string): Promise<string>;
  /** An address for one upload of exactly this many bytes with this digest; the headers must be sent with it. */
  uploadUrl(
    ref: string,
    content: { readonly bytes: number; readonly sha256: string },
  ): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
}
