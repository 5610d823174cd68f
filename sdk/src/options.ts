import { MusterError } from './errors.ts';

/**
 * An address of the platform, as given.
 * @throws {@link MusterError} INVALID_OPTION naming the option: waiting would not make it right.
 */
export const checkUrl = (option: string, url: unknown, schemes: readonly string[]): void => {
  const isRight =
    typeof url === 'string' && URL.canParse(url) && schemes.includes(new URL(url).protocol.replace(/:$/, ''));
  if (isRight) return;
  const wanted = schemes.map((scheme) => `${scheme}://…`).join(' or ');
  throw new MusterError(`${option} must be an address of the platform, ${wanted}, not ${show(url)}`, {
    code: 'INVALID_OPTION',
    field: option,
  });
};

/** @throws {@link MusterError} INVALID_OPTION for a key that is not there, such as an environment variable not set. */
export const checkKey = (apiKey: unknown): void => {
  // A line break or the like would make the header of every request throw.
  if (typeof apiKey === 'string' && /^[\x21-\x7e]+$/.test(apiKey)) return;
  const what = apiKey === undefined || apiKey === '' ? 'is missing' : 'has characters that no key has';
  throw new MusterError(`apiKey ${what}: give the key that the platform printed (mst_…), without spaces around it`, {
    code: 'INVALID_OPTION',
    field: 'apiKey',
  });
};

/** @throws {@link MusterError} INVALID_OPTION for what is no time to wait, in milliseconds. */
export const checkDuration = (option: string, ms: number): void => {
  if (Number.isFinite(ms) && ms > 0) return;
  throw new MusterError(`${option} must be a number of milliseconds above 0, not ${show(ms)}`, {
    code: 'INVALID_OPTION',
    field: option,
  });
};

const show = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));
