import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { decodeBinary, encodeBinary, inEncoding, isJsonText } from '#core/contract/binary/binary-frame.ts';
import { BinaryFrameError } from '#core/contract/binary/header.ts';
import { typeCodes } from '#core/contract/binary/type-codes.ts';
import { clientFrames } from '#core/contract/client-frames.ts';
import { readJson } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { platformFrames } from '#core/contract/platform-frames.ts';

const Vectors = z.object({
  frames: z.array(
    z.object({
      name: z.string(),
      code: z.number(),
      version: z.number(),
      isVote: z.boolean().optional(),
      envelope: z.record(z.string(), z.unknown()),
      frame: z.string(),
      exact: z.boolean(),
    }),
  ),
  refused: z.array(z.object({ name: z.string(), frame: z.string(), says: z.string() })),
});
const vectors = Vectors.parse(
  JSON.parse(readFileSync(new URL('../../../vectors/binary.json', import.meta.url), 'utf8')),
);

const uuid = fc.uuid({ version: [1, 4, 7] });
const envelopes = fc
  .record(
    {
      type: fc.constantFrom(...typeCodes.map(({ type }) => type)),
      id: fc.stringMatching(/^[a-z0-9-]{1,40}$/),
      seq: fc.nat(),
      ts: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      payload: fc.oneof(
        fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
        fc.record(
          {
            taskId: fc.oneof(
              uuid.map((id) => `tsk_${id}`),
              fc.string(),
            ),
            agentId: uuid.map((id) => `agt_${id}`),
            task: fc.record({ taskId: uuid.map((id) => `tsk_${id}`) }, { noNullPrototype: true }),
            output: fc.oneof(fc.jsonValue(), fc.string({ maxLength: 5000 })),
          },
          { requiredKeys: [], noNullPrototype: true },
        ),
      ),
      to: fc.oneof(
        uuid.map((id) => `agt_${id}`),
        fc.string(),
      ),
      from: uuid.map((id) => `agt_${id}`),
      conversationId: fc.oneof(uuid, fc.stringMatching(/^[A-Za-z0-9]{1,40}$/)),
      evidence: fc.array(fc.jsonValue(), { maxLength: 3 }),
    },
    { requiredKeys: ['type', 'id', 'seq', 'ts', 'payload'], noNullPrototype: true },
  )
  .filter(({ payload }) => !Object.hasOwn(payload, '__proto__'))
  .map((fields) => JSON.stringify({ v: 1, ...fields }))
  // What no frame may hold is not asked for: numbers that a table cannot store, 64 levels.
  .filter((text) => readJson(text) !== undefined)
  .map((text): Record<string, unknown> => JSON.parse(text));

const outcomeOf = (text: string): string => {
  const fine = 'an envelope or a named error';
  try {
    return decodeBinary(text)['v'] === 1 ? fine : 'no envelope';
  } catch (error) {
    return error instanceof BinaryFrameError ? fine : String(error);
  }
};

describe('the binary encoding', () => {
  it('gives every envelope back', () => {
    fc.assert(
      fc.property(envelopes, fc.boolean(), (envelope, isVote) => {
        const isResult = envelope['type'] === 'task.result';
        expect(decodeBinary(encodeBinary(envelope, { isVote: isVote && isResult }))).toEqual(envelope);
      }),
      { numRuns: 500 },
    );
  });

  it('never takes what is not a frame for one, and never crashes on it', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('base64'));
    const damaged = fc
      .tuple(
        envelopes.map((envelope) => encodeBinary(envelope)),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
      )
      .map(([frame, at, change]) => {
        const buffer = Buffer.from(frame, 'base64');
        const index = at % buffer.length;
        buffer[index] = (buffer[index] ?? 0) ^ change;
        return buffer.toString('base64');
      });
    fc.assert(
      fc.property(fc.oneof(fc.string(), bytes, damaged), (text) => {
        expect(outcomeOf(text)).toBe('an envelope or a named error');
      }),
      { numRuns: 1000 },
    );
  });

  it.each(vectors.frames)('reads and writes the vector $name', ({ frame, envelope, exact, isVote, code, version }) => {
    const bytes = Buffer.from(frame, 'base64');
    expect([bytes[0], bytes[1]]).toEqual([version, code]);
    expect(decodeBinary(frame)).toEqual(envelope);
    const written = encodeBinary(envelope, isVote === true ? { isVote } : {});
    expect(decodeBinary(written)).toEqual(envelope);
    // Libraries may deflate differently.
    expect(exact ? written : frame).toBe(frame);
  });

  it.each(vectors.refused)('refuses the vector "$name"', ({ frame, says }) => {
    expect(() => decodeBinary(frame)).toThrow(BinaryFrameError);
    expect(() => decodeBinary(frame)).toThrow(says);
  });

  it('has one code and one vector for every frame that there is', () => {
    const types = new Set(typeCodes.map(({ type }) => type));
    for (const type of [...Object.keys(clientFrames), ...Object.keys(platformFrames)]) expect(types).toContain(type);
    const codes = typeCodes.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(new Set(vectors.frames.map(({ code }) => code))).toEqual(new Set(codes));
  });

  it('is documented code by code', () => {
    const page = readFileSync(new URL('../../../../docs/binary.md', import.meta.url), 'utf8');
    for (const { code, name, type, version } of typeCodes) {
      const line = page.split('\n').find((text) => text.startsWith(`| \`0x${code.toString(16).padStart(2, '0')}\` `));
      expect(line?.split('|').map((cell) => cell.trim())).toEqual(
        expect.arrayContaining([name, `\`${type}\``, String(version)]),
      );
    }
  });

  it('deflates above 1024 bytes', () => {
    const flagsOf = (output: string): number => {
      const frame = Buffer.from(encodeBinary({ v: 1, type: 'task.result', ts: 0, payload: { output } }), 'base64');
      return frame.readUInt16BE(42);
    };
    const overhead = JSON.stringify({ payload: { output: '' } }).length;
    expect(flagsOf('x'.repeat(1024 - overhead))).toBe(0);
    expect(flagsOf('x'.repeat(1025 - overhead))).toBe(1);
  });

  it('fits the largest payload that is sent inline into a frame, however badly it deflates', () => {
    const random = Buffer.alloc((limits.inlineBinaryBytes - 2) * 0.75);
    for (let index = 0; index < random.length; index++) random[index] = (index * 2_654_435_761) >>> (index % 24);
    const output = random.toString('base64').padEnd(limits.inlineBinaryBytes - 2, '-');
    const payload = { taskId: vectors.frames[0]?.envelope['id'], attempt: 1, output };
    const frame = encodeBinary({ v: 1, type: 'task.result', id: 'f'.repeat(128), seq: 1, ts: 1, payload });
    expect(frame.length).toBeLessThanOrEqual(limits.frameBytes);
  });

  it('is told from JSON by its first character', () => {
    expect(vectors.frames.some(({ frame }) => isJsonText(frame))).toBe(false);
    expect(isJsonText(' \n{"v":1}')).toBe(true);
  });
});

describe('a frame of the platform', () => {
  it('is written as its connection reads it, and what is no object on no binary one', () => {
    const envelope = { v: 1, type: 'ack', id: 'a', seq: 0, ts: 1, payload: { id: 'b' } };
    const frame = JSON.stringify(envelope);
    expect(inEncoding('json', frame)).toBe(frame);
    expect(decodeBinary(inEncoding('binary', frame))).toEqual(envelope);
    for (const text of ['"ack"', '[1]', 'null']) expect(() => inEncoding('binary', text)).toThrow(BinaryFrameError);
  });
});
