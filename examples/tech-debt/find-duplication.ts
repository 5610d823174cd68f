import { fileKind } from '../code-review/analysers/file-kind.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import type { DebtItem, Place } from './debt.ts';
import { type Token, tokensOf } from './tokens.ts';

interface Script {
  readonly path: string;
  readonly tokens: readonly Token[];
}

/** A place by script and first token. */
interface Spot {
  readonly script: number;
  readonly at: number;
}

interface Clone {
  readonly tokens: number;
  readonly spots: Spot[];
}

const minutesPerHundredTokens = 20;
/** Below 2^25, so that products of them and two of them in one number stay exact. */
const primes = [33_554_393, 33_554_383] as const;
const base = 8191;

/** Pieces of at least so many tokens that are the same in several places; white space and comments do not count. */
export function findDuplication(files: readonly SourceFile[], threshold: number): DebtItem[] {
  const scripts = files
    .filter(({ path }) => fileKind(path) === 'script')
    .map((file) => ({ path: file.path, tokens: tokensOf(file) }));
  return findClones(scripts, threshold).map(({ tokens, spots }) => itemOf(scripts, tokens, spots, threshold));
}

function itemOf(scripts: readonly Script[], tokens: number, spots: readonly Spot[], limit: number): DebtItem {
  const places = spots.map((spot) => placeOf(scripts, spot, tokens));
  const [first] = places;
  return {
    id: `duplication:${first?.file}:${first?.line}`,
    category: 'duplication',
    severity: tokens >= limit * 4 || spots.length > 3 ? 'high' : 'medium',
    title: `${tokens} tokens are the same in ${spots.length} places`,
    places,
    measure: tokens,
    limit,
    minutes: Math.ceil((tokens * (spots.length - 1) * minutesPerHundredTokens) / 100),
  };
}

function placeOf(scripts: readonly Script[], { script, at }: Spot, tokens: number): Place {
  const { path = '', tokens: all = [] } = scripts[script] ?? {};
  return { file: path, line: all[at]?.line ?? 1, endLine: all[at + tokens - 1]?.line ?? 1 };
}

/** Windows of the threshold's length that occur again, extended as far as all places agree. */
function findClones(scripts: readonly Script[], threshold: number): Clone[] {
  const windows = new Map<number, Spot[]>();
  const hashes = new WindowHashes(threshold);
  for (const [script, { tokens }] of scripts.entries())
    for (const [at, key] of hashes.of(tokens).entries()) {
      const spots = windows.get(key);
      if (spots === undefined) windows.set(key, [{ script, at }]);
      else if (isSame(scripts, [spots[0] ?? { script, at }, { script, at }], threshold)) spots.push({ script, at });
    }
  const covered = new Set<string>();
  const clones: Clone[] = [];
  for (const spots of windows.values()) {
    const apart = withoutOverlap(spots, threshold);
    if (apart.length < 2 || apart.every(({ script, at }) => covered.has(`${script} ${at}`))) continue;
    const tokens = extend(scripts, apart, threshold);
    for (const { script, at } of apart)
      for (let next = at; next < at + tokens; next += 1) covered.add(`${script} ${next}`);
    clones.push({ tokens, spots: apart });
  }
  return clones;
}

/** Two hashes of each window in one number, each made from the one before it. */
class WindowHashes {
  readonly #length: number;
  readonly #ids = new Map<string, number>();

  constructor(length: number) {
    this.#length = length;
  }

  of(tokens: readonly Token[]): number[] {
    const ids = tokens.map(({ text }) => this.#idOf(text));
    const parts = primes.map((prime) => this.#roll(ids, prime));
    return (parts[0] ?? []).map((hash, index) => hash * primes[1] + (parts[1]?.[index] ?? 0));
  }

  #idOf(text: string): number {
    const id = this.#ids.get(text) ?? this.#ids.size + 1;
    this.#ids.set(text, id);
    return id;
  }

  #roll(ids: readonly number[], prime: number): number[] {
    let top = 1;
    for (let index = 1; index < this.#length; index += 1) top = (top * base) % prime;
    let hash = 0;
    const hashes: number[] = [];
    for (const [index, id] of ids.entries()) {
      const leaving = index >= this.#length ? (ids[index - this.#length] ?? 0) : 0;
      hash = ((hash + prime - ((leaving * top) % prime)) * base + id) % prime;
      if (index >= this.#length - 1) hashes.push(hash);
    }
    return hashes;
  }
}

function isSame(scripts: readonly Script[], [left, right]: readonly [Spot, Spot], length: number): boolean {
  for (let offset = 0; offset < length; offset += 1)
    if (textAt(scripts, left, offset) !== textAt(scripts, right, offset)) return false;
  return true;
}

function textAt(scripts: readonly Script[], { script, at }: Spot, offset: number): string | undefined {
  return scripts[script]?.tokens[at + offset]?.text;
}

/** A run of equal statements repeats within itself; a place counts once. */
function withoutOverlap(spots: readonly Spot[], length: number): Spot[] {
  const apart: Spot[] = [];
  for (const spot of spots) {
    const last = apart.at(-1);
    if (last === undefined || last.script !== spot.script || spot.at >= last.at + length) apart.push(spot);
  }
  return apart;
}

function extend(scripts: readonly Script[], spots: readonly Spot[], threshold: number): number {
  const shortest = Math.min(
    ...spots.map((spot, index) => {
      const next = spots[index + 1];
      const end = next?.script === spot.script ? next.at : (scripts[spot.script]?.tokens.length ?? 0);
      return end - spot.at;
    }),
  );
  let length = threshold;
  while (length < shortest && new Set(spots.map((spot) => textAt(scripts, spot, length))).size === 1) length += 1;
  return length;
}
