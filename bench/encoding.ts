import { join } from 'node:path';
import { encodeBinary } from '#core/contract/binary/binary-frame.ts';
import { jsonBytes } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { MockAgent } from '#sdk/index.ts';
import { ANALYSERS } from '../examples/code-review/analysers/analysers.ts';
import { analyseEach } from '../examples/code-review/handlers.ts';
import { planReview } from '../examples/code-review/review.ts';

/** API Gateway bills a message for every 32 KB of it. @see https://aws.amazon.com/api-gateway/pricing/ */
const billedBytes = 32 * 1024;

/** Frames of one kind, written both ways. */
export interface EncodingFigures {
  readonly frames: number;
  readonly jsonBytes: number;
  readonly binaryBytes: number;
  readonly jsonUnits: number;
  readonly binaryUnits: number;
  /** Payloads that travel as claim checks instead, with either encoding. */
  readonly stowed: number;
}

const taskId = 'tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f91';
const id = '01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f92';

const assigned = (type: string, input: object): object => ({
  v: 1,
  type: 'task.assigned',
  id,
  seq: 0,
  ts: 1_800_000_000_000,
  payload: {
    task: { taskId, kind: 'work', type, priority: 'normal', input },
    attempt: 1,
    deadline: 1_800_000_300_000,
    idempotencyKey: `${taskId}#1`,
  },
});

const result = (output: unknown): object => ({
  v: 1,
  type: 'task.result',
  id,
  seq: 3,
  ts: 1_800_000_000_000,
  payload: { taskId, attempt: 1, output },
});

const figuresOf = (frames: readonly object[], stowed: number): EncodingFigures => {
  const sizes = frames.map((frame) => ({ json: jsonBytes(frame), binary: encodeBinary(frame).length }));
  const sum = (of: (size: { json: number; binary: number }) => number): number =>
    sizes.reduce((total, size) => total + of(size), 0);
  return {
    frames: frames.length,
    jsonBytes: sum(({ json }) => json),
    binaryBytes: sum(({ binary }) => binary),
    jsonUnits: sum(({ json }) => Math.ceil(json / billedBytes)),
    binaryUnits: sum(({ binary }) => Math.ceil(binary / billedBytes)),
    stowed,
  };
};

/** The frames of a review of this repository's sources by two of its agents: assignments and results, in both encodings. */
export const measureEncodings = async (): Promise<Readonly<Record<string, EncodingFigures>>> => {
  const { root, batches } = await planReview(join(import.meta.dirname, '..', 'core'), { batchSize: 10 });
  const given: object[] = [];
  const outputs: unknown[] = [];
  for (const name of ['style', 'security'] as const) {
    const agent = new MockAgent({ handler: analyseEach(ANALYSERS[name]) });
    for (const files of batches) {
      given.push(assigned(`analyse.${name}`, { root, files }));
      outputs.push(await agent.run({ type: `analyse.${name}`, input: { root, files } }));
    }
  }
  const inline = outputs.filter((output) => jsonBytes(output) <= limits.inlineBinaryBytes);
  return {
    'task.assigned': figuresOf(given, 0),
    'task.result': figuresOf(inline.map(result), outputs.length - inline.length),
  };
};
