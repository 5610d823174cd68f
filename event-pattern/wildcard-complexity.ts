import type { WildcardToken } from './wildcard.ts';

/**
 * AWS refuses a rule when some value could stand in more than ten places of a field's wildcards at once. The measure
 * is that of Event Ruler's MachineComplexityEvaluator; the service's limit is observed, not documented: four times
 * `*\/datasync/*.bif` and one `*:*:*:*:*:event-bus/*` are refused, two of the former are accepted.
 * @see https://github.com/aws/event-ruler#performance
 */
const complexityLimit = 10;

interface Place {
  /** Places reached by a given character, and by every character. */
  readonly byCharacter: Map<string, number[]>;
  readonly byAny: number[];
}

function addLiteral(place: Place | undefined, literal: string, next: number): void {
  place?.byCharacter.set(literal, [...(place.byCharacter.get(literal) ?? []), next]);
}

/** Adds one wildcard's chain of places and returns its start. */
function addChain(places: Place[], tokens: readonly WildcardToken[]): number {
  const addPlace = (): number => places.push({ byCharacter: new Map(), byAny: [] }) - 1;
  const start = addPlace();
  let current = start;
  let beforeAny: number | undefined;
  for (const token of tokens) {
    const next = addPlace();
    if (token === 'any') {
      places[current]?.byAny.push(next);
      places[next]?.byAny.push(next);
      beforeAny = current;
    } else {
      addLiteral(places[current], token.literal, next);
      // The run before this character may be empty.
      addLiteral(beforeAny === undefined ? undefined : places[beforeAny], token.literal, next);
      beforeAny = undefined;
    }
    current = next;
  }
  return start;
}

function step(places: readonly Place[], active: readonly number[], character: string | undefined): Set<number> {
  const next = new Set<number>();
  for (const index of active) {
    for (const target of places[index]?.byAny ?? []) next.add(target);
    if (character === undefined) continue;
    for (const target of places[index]?.byCharacter.get(character) ?? []) next.add(target);
  }
  return next;
}

function measure(places: readonly Place[], active: ReadonlySet<number>): number {
  let size = 0;
  for (const index of active) {
    const reachableByAny = places[index]?.byAny ?? [];
    size += 1 + reachableByAny.filter((target) => !active.has(target)).length;
  }
  return size;
}

/** Says whether the wildcards that stand on one field are together more than AWS accepts. */
export function isTooComplex(wildcards: readonly (readonly WildcardToken[])[]): boolean {
  const places: Place[] = [];
  const starts = wildcards.map((tokens) => addChain(places, tokens));
  const alphabet = new Set<string | undefined>([undefined]);
  for (const place of places) for (const character of place.byCharacter.keys()) alphabet.add(character);
  const pending: number[][] = [starts];
  const seen = new Set<string>();
  for (let active = pending.pop(); active !== undefined; active = pending.pop()) {
    for (const character of alphabet) {
      const next = step(places, active, character);
      if (next.size === 0) continue;
      if (measure(places, next) > complexityLimit) return true;
      const sorted = [...next].toSorted((left, right) => left - right);
      const key = sorted.join();
      if (seen.has(key)) continue;
      seen.add(key);
      pending.push(sorted);
    }
  }
  return false;
}
