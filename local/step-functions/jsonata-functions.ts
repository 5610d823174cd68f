import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';
import { memoryExceeded } from './expression-source.ts';
import { seededRandom } from './seeded-random.ts';
import { parseStrictJson } from './strict-json.ts';

/** What the functions of Step Functions need from outside: the time and the only source of random numbers. */
export interface FunctionSources {
  readonly now: () => number;
  readonly random: () => number;
}

const hashAlgorithms: Readonly<Record<string, string>> = {
  'SHA-1': 'sha1',
  'SHA-384': 'sha384',
  'SHA-256': 'sha256',
  'SHA-512': 'sha512',
  MD5: 'md5',
};

/** Longest array that `$range` makes, as measured on AWS, where it is the memory of an evaluation that ends it. */
const maxRangeItems = 360_145;

/** What a function of Step Functions throws; JSONata writes the message of a code that it knows itself. */
class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly code: string | undefined;
  readonly index: number | undefined;
  readonly token: string | undefined;
  constructor(code: string | undefined, message: string, place?: { readonly index: number; readonly token: string }) {
    super(message);
    this.code = code;
    this.index = place?.index;
    this.token = place?.token;
  }
}

function partition(items: unknown, size?: number): unknown[][] | undefined {
  if (items === undefined) return undefined;
  if (!Array.isArray(items)) throw new FunctionError('T0412', 'no array', { index: 1, token: 'partition' });
  const list: unknown[] = items;
  const step = size === undefined ? list.length : Math.trunc(size);
  if (step < 0) throw new FunctionError('D3137', 'Second argument must be zero or greater');
  if (step === 0) return undefined;
  const chunks: unknown[][] = [];
  for (let start = 0; start < list.length; start += step) chunks.push(list.slice(start, start + step));
  return chunks.length === 0 ? undefined : chunks;
}

function bound(value: number | undefined, index: number): number {
  if (value === undefined) throw new FunctionError('T0410', 'missing', { index, token: 'range' });
  return Math.trunc(value);
}

/** As on AWS, a range of one number is that number, and one that leads nowhere is undefined. */
function range(start?: number, end?: number, by?: number): number[] | number | undefined {
  const [first, last] = [bound(start, 1), bound(end, 2)];
  const step = Math.trunc(by ?? 0);
  if (step === 0 || (last - first) * step < 0) return undefined;
  const count = Math.floor((last - first) / step) + 1;
  if (count === 1) return first;
  if (count > maxRangeItems) throw new FunctionError(undefined, memoryExceeded);
  return Array.from({ length: count }, (_, index) => first + index * step);
}

function hash(text: string | undefined, algorithm: string | undefined): string | undefined {
  if (text === undefined || algorithm === undefined) return undefined;
  const name = Object.hasOwn(hashAlgorithms, algorithm) ? hashAlgorithms[algorithm] : undefined;
  if (name === undefined) {
    const known = Object.keys(hashAlgorithms).join(', ');
    throw new FunctionError('D3137', `Hash algorithm '${algorithm}' must be one of ${known}`);
  }
  return createHash(name).update(text, 'utf8').digest('hex');
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return parseStrictJson(text);
  } catch {
    throw new FunctionError('D3137', 'Invalid JSON');
  }
}

const formatMillis = jsonata('$fromMillis($m, $p, $t)');

/**
 * Adds what Step Functions adds to JSONata, and takes away `$eval`: calling it is T1006, as on AWS. The clock of `$now`
 * and `$millis` is ours.
 */
export function registerFunctions(expression: jsonata.Expression, sources: FunctionSources): void {
  expression.registerFunction('uuid', () => randomUUID(), '<:s>');
  expression.registerFunction('hash', hash, '<ss?:s>');
  expression.registerFunction('partition', partition, '<xn?:a>');
  expression.registerFunction('range', range, '<nnn?:x>');
  expression.registerFunction('parse', parse, '<s?:x>');
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
