import type { CompiledPattern } from './compile-pattern.ts';
import type { ArrayMembership, FlatEvent } from './flatten-event.ts';
import { type Matcher, matchesValue } from './matcher.ts';

type Field = readonly [path: string, matchers: readonly Matcher[]];

/** Two values go together unless they stand in different elements of one array. */
function joinMembership(left: ArrayMembership, right: ArrayMembership): ArrayMembership | undefined {
  for (const [arrayId, index] of right) {
    const known = left.get(arrayId);
    if (known !== undefined && known !== index) return undefined;
  }
  return right.size === 0 ? left : new Map([...left, ...right]);
}

class BranchMatch {
  private readonly fields: readonly Field[];
  private readonly event: FlatEvent;
  private readonly refuted = new Set<string>();

  constructor(fields: readonly Field[], event: FlatEvent) {
    this.fields = fields;
    this.event = event;
  }

  /** Looks for one consistent choice of values for the fields from `index` on. */
  holdsFrom(index: number, membership: ArrayMembership): boolean {
    const field = this.fields[index];
    if (field === undefined) return true;
    // The same question comes up once per combination of earlier values; its answer depends on the membership alone.
    const question = `${index}:${[...membership]
      .map(([id, at]) => `${id}=${at}`)
      .toSorted()
      .join()}`;
    if (this.refuted.has(question)) return false;
    const holds = this.tryAbsence(index, field, membership) || this.tryValues(index, field, membership);
    if (!holds) this.refuted.add(question);
    return holds;
  }

  private tryAbsence(index: number, [path, matchers]: Field, membership: ArrayMembership): boolean {
    if (!matchers.some((matcher) => matcher.type === 'absent')) return false;
    const values = this.event.get(path) ?? [];
    const isPresent = values.some((value) => joinMembership(membership, value.membership) !== undefined);
    return !isPresent && this.holdsFrom(index + 1, membership);
  }

  private tryValues(index: number, [path, matchers]: Field, membership: ArrayMembership): boolean {
    return (this.event.get(path) ?? []).some((value) => {
      const joined = joinMembership(membership, value.membership);
      if (joined === undefined || !matchers.some((matcher) => matchesValue(matcher, value.text))) return false;
      return this.holdsFrom(index + 1, joined);
    });
  }
}

/** Says whether the event matches: some branch of the pattern holds for one consistent set of array elements. */
export function matchEvent(pattern: CompiledPattern, event: FlatEvent): boolean {
  return pattern.branches.some((branch) => {
    const fields = [...branch].toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    return new BranchMatch(fields, event).holdsFrom(0, new Map());
  });
}
