import type { HeaderVersion } from './type-codes.ts';

/** A text that is no binary frame, or not one of this protocol. Nothing of it was taken. */
export class BinaryFrameError extends Error {
  override readonly name = 'BinaryFrameError';
}

/** Bit of `flags`: the payload is deflated (RFC 1950). No other bit has a meaning. */
const compressedFlag = 1;

/** The fixed part of a frame. An id of sixteen zero bytes is none. */
export interface Header {
  readonly version: HeaderVersion;
  readonly code: number;
  /** UUIDs in their order: agent and task (version 1), or sender, recipient and conversation (version 2). */
  readonly ids: readonly (string | undefined)[];
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly isCompressed: boolean;
  /** Bytes that follow, as they are sent. */
  readonly payloadSize: number;
}

const idBytes = 16;
const idsOf = { 1: 2, 2: 3 } as const;

/** Bytes of a header. */
const headerBytes = (version: HeaderVersion): number => 2 + idsOf[version] * idBytes + 8 + 2 + 4;

const writeId = (uuid: string | undefined): Buffer =>
  uuid === undefined ? Buffer.alloc(idBytes) : Buffer.from(uuid.replaceAll('-', ''), 'hex');

const readId = (bytes: Buffer): string | undefined => {
  if (bytes.every((byte) => byte === 0)) return undefined;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};

/** The bytes of a header, big-endian. */
export const writeHeader = (header: Header): Buffer => {
  const tail = Buffer.alloc(14);
  tail.writeBigInt64BE(BigInt(header.timestamp), 0);
  tail.writeUInt16BE(header.isCompressed ? compressedFlag : 0, 8);
  tail.writeUInt32BE(header.payloadSize, 10);
  const ids = Array.from({ length: idsOf[header.version] }, (_, index) => writeId(header.ids[index]));
  return Buffer.concat([Buffer.from([header.version, header.code]), ...ids, tail]);
};

/**
 * A header and the payload after it.
 * @throws BinaryFrameError for another version, a flag without meaning, a time before 1970 or past what a number holds,
 * and a size that is not the rest of the frame.
 */
export const readHeader = (frame: Buffer): { readonly header: Header; readonly payload: Buffer } => {
  const version = frame[0];
  if (version !== 1 && version !== 2)
    throw new BinaryFrameError(`A binary frame begins with its version, 1 or 2, not ${version ?? 'nothing'}`);
  const length = headerBytes(version);
  if (frame.length < length)
    throw new BinaryFrameError(`A header of version ${version} has ${length} bytes; these are ${frame.length}`);
  const tailAt = length - 14;
  const timestamp = frame.readBigInt64BE(tailAt);
  if (timestamp < 0n || timestamp > BigInt(Number.MAX_SAFE_INTEGER))
    throw new BinaryFrameError('timestamp must be milliseconds since 1970');
  const flags = frame.readUInt16BE(tailAt + 8);
  if ((flags & ~compressedFlag) !== 0) throw new BinaryFrameError(`flags ${flags} has a bit that means nothing`);
  const payload = frame.subarray(length);
  const payloadSize = frame.readUInt32BE(tailAt + 10);
  if (payloadSize !== payload.length)
    throw new BinaryFrameError(`payloadSize says ${payloadSize} bytes; ${payload.length} follow the header`);
  const ids = Array.from({ length: idsOf[version] }, (_, index) =>
    readId(frame.subarray(2 + index * idBytes, 2 + (index + 1) * idBytes)),
  );
  return {
    header: {
      version,
      code: frame[1] ?? 0,
      ids,
      timestamp: Number(timestamp),
      isCompressed: flags === compressedFlag,
      payloadSize,
    },
    payload,
  };
};
