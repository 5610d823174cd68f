import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';

/** What the functions of Step Functions need from outside: the time and the only source of random numbers. */
export interface FunctionSources {
  readonly now: () => number;
  readonly random: () => number;
}

const hashAlgorithms: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** Longest array `$range` makes and longest input `$partition` takes pieces of. @see https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html */
const maxRangeItems = 1000;

function partition(items: unknown[] | undefined, size: number): unknown[][] | undefined {
  if (items === undefined) return undefined;
  const step = Math.trunc(size);
  if (step < 1) throw new Error('The second argument of $partition must be a positive integer');
  const chunks: unknown[][] = [];
  for (let start = 0; start < items.length; start += step) chunks.push(items.slice(start, start + step));
  return chunks;
}

function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw new Error('The third argument of $range must not be zero');
  const count = Math.floor((last - first) / step) + 1;
  if (count > maxRangeItems) throw new Error(`$range makes at most ${maxRangeItems} items; asked for ${count}`);
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * step);
}

function hash(text: string | undefined, algorithm: string): string | undefined {
  if (text === undefined) return undefined;
  const name = Object.hasOwn(hashAlgorithms, algorithm) ? hashAlgorithms[algorithm] : undefined;
  if (name === undefined) {
    const known = Object.keys(hashAlgorithms).join(', ');
    throw new Error(`Unknown $hash algorithm '${algorithm}'; expected one of ${known}`);
  }
  return createHash(name).update(text, 'utf8').digest('hex');
}

/** One number in [0, 1) that depends on the seed alone. */
function seededRandom(seed: number): number {
  const digest = createHash('sha256').update(String(seed)).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw new Error(`The argument of $parse is not valid JSON: ${text}`);
  }
}

const formatMillis = jsonata('$fromMillis($m, $p, $t)');

/** Adds what Step Functions adds to JSONata, and takes away `$eval`. The clock of `$now` and `$millis` is ours. */
export function registerFunctions(expression: jsonata.Expression, sources: FunctionSources): void {
  expression.registerFunction('uuid', () => randomUUID(), '<:s>');
  expression.registerFunction('hash', hash, '<s-s:s>');
  expression.registerFunction('partition', partition, '<a-n:a>');
  expression.registerFunction('range', range, '<nnn:a>');
  expression.registerFunction('parse', parse, '<s-:x>');
  expression.registerFunction(
    'random',
    (seed?: number) => (seed === undefined ? sources.random() : seededRandom(seed)),
    '<n?:n>',
  );
  expression.registerFunction('millis', () => sources.now(), '<:n>');
  expression.registerFunction(
    'now',
    (picture?: string, zone?: string) =>
      picture === undefined && zone === undefined
        ? new Date(sources.now()).toISOString()
        : formatMillis.evaluate(undefined, { m: sources.now(), p: picture, t: zone }),
    '<s?s?:s>',
  );
  expression.assign('eval', undefined);
}
