/** Why the gateway ends a connection on its own. */
export interface Violation {
  readonly code: number;
  readonly reason: string;
}

/** What of a chunk may be passed on, and what the first illegal frame in it is, if any. */
export interface GuardedChunk {
  readonly legal: Buffer;
  readonly violation?: Violation;
}

const binaryOpcode = 2;

/** Bytes of the header up to and including the length, known from its first two bytes. */
function lengthFieldEnd(header: Buffer): number {
  if (header.length < 2) return 2;
  const short = header.readUInt8(1) & 0x7f;
  return short === 127 ? 10 : short === 126 ? 4 : 2;
}

function payloadLength(header: Buffer): number {
  const short = header.readUInt8(1) & 0x7f;
  if (short === 126) return header.readUInt16BE(2);
  return short === 127 ? Number(header.readBigUInt64BE(2)) : short;
}

function judge(header: Buffer, frameBytes: number): Violation | undefined {
  if ((header.readUInt8(0) & 0x0f) === binaryOpcode) return { code: 1003, reason: 'Unsupported data' };
  if (payloadLength(header) > frameBytes) return { code: 1009, reason: 'Message too big' };
  return undefined;
}

/**
 * Reads the frame headers of a client's raw byte stream, which is the only place where the limit per frame can be
 * seen: a message that a library hands over no longer shows how it was cut.
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export function createFrameGuard(frameBytes: number): (chunk: Buffer) => GuardedChunk {
  let header = Buffer.alloc(0);
  let remaining = 0;

  /** Takes header bytes from `chunk` at `offset`; answers how many. */
  const takeHeader = (chunk: Buffer, offset: number): number => {
    const missing = lengthFieldEnd(header) - header.length;
    const taken = chunk.subarray(offset, offset + missing);
    header = Buffer.concat([header, taken]);
    return taken.length;
  };

  const startPayload = (): void => {
    const maskBytes = (header.readUInt8(1) & 0x80) === 0 ? 0 : 4;
    remaining = maskBytes + payloadLength(header);
    header = Buffer.alloc(0);
  };

  return (chunk) => {
    let offset = 0;
    let frameStart = 0;
    while (offset < chunk.length) {
      if (remaining > 0) {
        const skipped = Math.min(remaining, chunk.length - offset);
        remaining -= skipped;
        offset += skipped;
        continue;
      }
      if (header.length === 0) frameStart = offset;
      offset += takeHeader(chunk, offset);
      if (header.length < lengthFieldEnd(header)) continue;
      const violation = judge(header, frameBytes);
      if (violation !== undefined) return { legal: chunk.subarray(0, frameStart), violation };
      startPayload();
    }
    return { legal: chunk };
  };
}
