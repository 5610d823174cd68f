const SNIFFED_BYTES = 8_000;

/** The text of a file: UTF-8, or UTF-16 when its first bytes say so; undefined when it is binary. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const encoding = utf16Of(bytes);
  if (encoding !== undefined) return new TextDecoder(encoding).decode(bytes);
  return bytes.subarray(0, SNIFFED_BYTES).includes(0) ? undefined : Buffer.from(bytes).toString('utf8');
}

function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}
