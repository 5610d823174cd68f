import type { PartDelta } from '../contract/crdt/delta.ts';
import { partIdOf } from '../contract/crdt/part.ts';
import { jsonBytes } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import type { StateDeltaPart } from '../contract/state.ts';

/** News of a part, and the name that it has. */
export interface NamedDelta {
  readonly name: string;
  readonly delta: PartDelta;
}

const wire = ({ name, delta }: NamedDelta): StateDeltaPart => {
  const { kind, era, clock, since } = delta;
  const common = { name, era, clock: { ...clock }, ...(since === undefined ? {} : { since: { ...since } }) };
  if (kind === 'counter')
    return { ...common, kind, count: { plus: { ...delta.count.plus }, minus: { ...delta.count.minus } } };
  if (kind === 'map') return { ...common, kind, entries: { ...delta.entries } };
  const { entries, removals, gone } = delta;
  const sets = { entries: { ...entries }, removals: { ...removals } };
  return { ...common, kind, ...sets, ...(gone === undefined ? {} : { gone: { ...gone } }) };
};

/** As many parts as one frame takes, in order; `next` names the first that it does not. One fits always. */
export const fitParts = (news: readonly NamedDelta[]): { readonly parts: StateDeltaPart[]; readonly next?: string } => {
  const parts: StateDeltaPart[] = [];
  let bytes = 0;
  for (const named of news) {
    const part = wire(named);
    bytes += jsonBytes(part);
    if (parts.length > 0 && bytes > limits.inlineBinaryBytes)
      return { parts, next: partIdOf(named.delta.kind, named.name) };
    parts.push(part);
  }
  return { parts };
};
