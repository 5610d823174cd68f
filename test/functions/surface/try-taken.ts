import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { arrange } from './arrangements.ts';
import type { Described } from './description.ts';
import type { WireAnswer } from './platform.ts';
import { bodyOf, type Probe } from './probe.ts';
import { anyBody, arbitraryOf } from './schema-arbitrary.ts';
import { unknownParams } from './unknown-params.ts';

/** Answers of 2xx that each operation must have given. */
export const wanted = 20;
/** Generated requests that may be refused on the way there: a schema cannot say everything. */
const mostTries = 150;
/** Requests with a body that is anything at all. */
const wild = 5;

const seed = Number(process.env['SURFACE_SEED'] ?? 7);

const sampleOf = <Value>(arbitrary: fc.Arbitrary<Value>, count: number): Value[] =>
  fc.sample(arbitrary, { numRuns: count, seed });

const queryArbitrary = (probe: Probe, operation: Described): fc.Arbitrary<Record<string, string>> => {
  const any = arbitraryOf(probe.served.schemas);
  // A cursor is what an earlier page gave; a made-up one is refused, and tried as such elsewhere.
  const parameters = operation.query.filter(({ name }) => name !== 'cursor');
  return fc
    .record(Object.fromEntries(parameters.map(({ name = '', schema }) => [name, any(schema)])), { requiredKeys: [] })
    .map((values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])));
};

const isGood = ({ status }: WireAnswer): boolean => status < 300;

/** Generated requests, the description's own example first, until enough were taken. Returns how many were. */
export const tryTaken = async (probe: Probe, operation: Described): Promise<number> => {
  const hasBody = operation.body !== undefined;
  const bodies = hasBody ? sampleOf(arbitraryOf(probe.served.schemas)(operation.body), mostTries) : [];
  const queries = sampleOf(queryArbitrary(probe, operation), mostTries);
  let taken = 0;
  for (let tries = 0; tries < mostTries && taken < wanted; tries++) {
    const arrangement = await arrange(probe.world, operation.method, operation.path);
    const isExample = tries === 0 && operation.example !== undefined;
    const body = hasBody ? bodyOf(isExample ? operation.example : bodies[tries], arrangement) : undefined;
    const answer = await probe.send(operation, { query: queries[tries] ?? {}, ...arrangement, body });
    if (isExample) assert.ok(isGood(answer), `the example of ${operation.key}: ${JSON.stringify(answer.body)}`);
    if (isGood(answer)) taken += 1;
  }
  return taken;
};

/** Bodies that are anything at all: refused or not, each is answered as described. */
export const tryWild = async (probe: Probe, operation: Described): Promise<void> => {
  if (operation.body === undefined) return;
  for (const body of sampleOf(anyBody, wild))
    await probe.send(operation, { params: unknownParams(operation.path), body });
};
