/**
 * Envelopes in the binary encoding: what stands in the header is left out of the payload, which is the JSON of all the
 * rest. A frame travels as base64 in a text frame, since API Gateway passes no binary ones.
 */
import { constants, deflateSync, inflateSync } from 'node:zlib';
import type { Encoding } from '../address.ts';
import { readJson } from '../json.ts';
import { BinaryFrameError, type Header, readHeader, writeHeader } from './header.ts';
import { codeOfType, type TypeCode, typeCodes, typeOfCode } from './type-codes.ts';

type Fields = Record<string, unknown>;

/** A payload above this is deflated when that is smaller. */
const compressAboveBytes = 1024;

/** What a payload may have inflated: a WebSocket message, API Gateway. */
const maxInflatedBytes = 128 * 1024;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const nilUuid = '00000000-0000-0000-0000-000000000000';

interface IdSlot {
  readonly path: readonly string[];
  /** Before the UUID where the id stands in an envelope. */
  readonly prefix: string;
}

const slotsOf = ({ version, taskPath = ['taskId'] }: TypeCode): readonly IdSlot[] =>
  version === 1
    ? [
        { path: ['payload', 'agentId'], prefix: 'agt_' },
        { path: ['payload', ...taskPath], prefix: 'tsk_' },
      ]
    : [
        { path: ['from'], prefix: 'agt_' },
        { path: ['to'], prefix: 'agt_' },
        { path: ['conversationId'], prefix: '' },
      ];

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

/** Takes an id out of the place that a header has for it; where there is none, the fields stay as they are. */
const takeId = (fields: Fields, { path, prefix }: IdSlot): { readonly rest: Fields; readonly uuid?: string } => {
  const [name = '', ...inner] = path;
  const value = fields[name];
  if (inner.length > 0) {
    if (!isFields(value)) return { rest: fields };
    const { rest, uuid } = takeId(value, { path: inner, prefix });
    return uuid === undefined ? { rest: fields } : { rest: { ...fields, [name]: rest }, uuid };
  }
  const uuid = typeof value === 'string' && value.startsWith(prefix) ? value.slice(prefix.length) : '';
  return uuidPattern.test(uuid) && uuid !== nilUuid ? { rest: without(fields, name), uuid } : { rest: fields };
};

const putId = (fields: Fields, { path, prefix }: IdSlot, uuid: string): Fields => {
  const [name = '', ...inner] = path;
  const value = fields[name];
  if (inner.length > 0) {
    if (!isFields(value)) throw new BinaryFrameError(`The payload has no ${name} for the id that the header names`);
    return { ...fields, [name]: putId(value, { path: inner, prefix }, uuid) };
  }
  if (Object.hasOwn(fields, name)) throw new BinaryFrameError(`${name} is in the header and in the payload`);
  return { ...fields, [name]: `${prefix}${uuid}` };
};

const pack = (text: string): { readonly bytes: Buffer; readonly isCompressed: boolean } => {
  const plain = Buffer.from(text);
  if (plain.length <= compressAboveBytes) return { bytes: plain, isCompressed: false };
  const deflated = deflateSync(plain, { level: constants.Z_DEFAULT_COMPRESSION });
  return deflated.length < plain.length
    ? { bytes: deflated, isCompressed: true }
    : { bytes: plain, isCompressed: false };
};

const unpack = ({ isCompressed }: Header, payload: Buffer): string => {
  if (!isCompressed) return payload.toString();
  try {
    return inflateSync(payload, { maxOutputLength: maxInflatedBytes }).toString();
  } catch {
    throw new BinaryFrameError(`The payload does not inflate to at most ${maxInflatedBytes} bytes`);
  }
};

/** What a sender knows beside the envelope. */
export interface BinaryOptions {
  /** The result is a vote's: written as a ConsensusVote. */
  readonly isVote?: boolean;
}

const vote = typeCodes.find(({ name }) => name === 'ConsensusVote');

/**
 * An envelope as a binary frame, base64. Everything but `v`, `type`, `ts` and the header's ids is in the payload, so
 * {@link decodeBinary} gives the same envelope again; `ts` loses what is less than a millisecond.
 * @throws BinaryFrameError when the type has no code.
 */
export const encodeBinary = (envelope: object, { isVote = false }: BinaryOptions = {}): string => {
  const fields: Fields = { ...envelope };
  const entry = isVote ? vote : codeOfType(String(fields['type']));
  if (entry === undefined) throw new BinaryFrameError(`${String(fields['type'])} has no code in the binary encoding`);
  const ids: (string | undefined)[] = [];
  let rest = ['v', 'type', 'ts'].reduce(without, fields);
  for (const slot of slotsOf(entry)) {
    const taken = takeId(rest, slot);
    ids.push(taken.uuid);
    rest = taken.rest;
  }
  const { bytes, isCompressed } = pack(JSON.stringify(rest));
  const timestamp = Math.max(0, Math.trunc(Number(fields['ts']) || 0));
  const { code, version } = entry;
  const header = writeHeader({ version, code, ids, timestamp, isCompressed, payloadSize: bytes.length });
  return Buffer.concat([header, bytes]).toString('base64');
};

/**
 * A frame, JSON text, as it is written on a connection of an encoding.
 * @throws BinaryFrameError when it is no object, or its type has no code, and the connection is binary.
 */
export const inEncoding = (encoding: Encoding, frame: string): string => {
  if (encoding === 'json') return frame;
  const envelope: unknown = JSON.parse(frame);
  if (!isFields(envelope)) throw new BinaryFrameError('A frame is the JSON of an object');
  return encodeBinary(envelope);
};

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Whether a text frame is meant to be JSON: base64 has no brace. */
export const isJsonText = (text: string): boolean => text.trimStart().startsWith('{');

/**
 * The fields of the envelope in a binary frame; whether they make a valid one is the reader's to say.
 * @throws BinaryFrameError when the text is not base64, the header is not one, the type is unknown or has the other
 * version, or the payload is not the JSON of an object.
 */
export const decodeBinary = (text: string): Fields => {
  if (!base64Pattern.test(text)) throw new BinaryFrameError('A binary frame is base64 in one text frame');
  const { header, payload } = readHeader(Buffer.from(text, 'base64'));
  const entry = typeOfCode(header.code);
  const code = `0x${header.code.toString(16).padStart(2, '0')}`;
  if (entry === undefined) throw new BinaryFrameError(`There is no frame type ${code}`);
  if (entry.version !== header.version)
    throw new BinaryFrameError(`${code} has a header of version ${entry.version}, not ${header.version}`);
  const rest = readJson(unpack(header, payload));
  if (!isFields(rest)) throw new BinaryFrameError('The payload is the JSON of an object');
  const twice = ['v', 'type', 'ts'].find((name) => Object.hasOwn(rest, name));
  if (twice !== undefined) throw new BinaryFrameError(`${twice} is in the header and in the payload`);
  const fields: Fields = { v: 1, type: entry.type, ts: header.timestamp, ...rest };
  return slotsOf(entry).reduce((filled, slot, index) => {
    const uuid = header.ids[index];
    return uuid === undefined ? filled : putId(filled, slot, uuid);
  }, fields);
};
