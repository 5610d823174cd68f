import { MusterError, toError } from '../../src/errors.ts';
import { failureOf } from '../failure.ts';

/** What a check found: `warning` works but will not for long, or is probably not meant; `failing` does not work. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failing' | 'skipped';
  readonly detail: string;
  /** What to do. */
  readonly fix?: string | undefined;
}

/** All is well. */
export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail });

/** It works, but … */
export const warning = (check: string, detail: string, fix: string): Finding => ({
  check,
  status: 'warning',
  detail,
  fix,
});

/** It does not work. */
export const failing = (check: string, detail: string, fix: string): Finding => ({
  check,
  status: 'failing',
  detail,
  fix,
});

/** Runs a check. What the key may not look at is skipped; any other error is a finding of its own. */
export const look = async (
  check: string,
  run: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> => {
  try {
    return [await run()].flat();
  } catch (error) {
    if (error instanceof MusterError && error.code === 'FORBIDDEN')
      return [{ check, status: 'skipped', detail: 'The role of this key may not look.' }];
    const { message, hint } = failureOf(toError(error));
    return [failing(check, message, hint ?? 'Try again; if it stays, look at the functions’ logs.')];
  }
};
