import * as fc from 'fast-check';
import { applyOp, mergeParts, newPart, type Part, type PartKind, type PartOp } from '#core/contract/crdt/part.ts';

/** Something that one of three replicas does: a change of its own, or taking over what another has. */
export type Step = { readonly at: number; readonly op: PartOp } | { readonly at: number; readonly from: number };

const replica = fc.nat({ max: 2 });

const ops: Readonly<Record<PartKind, fc.Arbitrary<PartOp>>> = {
  counter: fc.record({ op: fc.constant('increment' as const), by: fc.integer({ min: -5, max: 5 }) }),
  set: fc.oneof(
    fc.record({ op: fc.constant('addToSet' as const), value: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ op: fc.constant('removeFromSet' as const), value: fc.constantFrom('a', 'b', 'c') }),
  ),
  map: fc.record({
    op: fc.constant('setMap' as const),
    key: fc.constantFrom('x', 'y'),
    value: fc.integer(),
    at: fc.integer({ min: 1, max: 4 }),
  }),
};

/** What replicas may do with a part of a kind. */
export const steps = (kind: PartKind): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.record({ at: replica, op: ops[kind] }) },
      { weight: 1, arbitrary: fc.record({ at: replica, from: replica }) },
    ),
    { maxLength: 25 },
  );

/** The parts of three replicas after every step: all that can come about, and nothing else. */
export const play = (kind: PartKind, done: readonly Step[]): readonly (readonly Part[])[] => {
  let parts: readonly Part[] = [0, 1, 2].map(() => newPart(kind, 1));
  const history = [parts];
  for (const step of done) {
    parts = parts.map((part, index) => {
      if (index !== step.at) return part;
      if ('op' in step) return applyOp(part, { replica: `r${index}`, by: `agt_${index}` }, step.op);
      return mergeParts(part, parts[step.from] ?? part);
    });
    history.push(parts);
  }
  return history;
};

export const kinds: readonly PartKind[] = ['counter', 'set', 'map'];
