import { exitCodes } from './exit-codes.ts';
import { CliError } from './failure.ts';
import type { Surroundings } from './surroundings.ts';

/** Whether somebody is there to be asked. */
export const canAsk = ({ stdin, stderr }: Pick<Surroundings, 'stdin' | 'stderr'>): boolean =>
  stdin.isTTY === true && stderr.isTTY === true;

// Loaded only when somebody is asked; on standard error, so that standard output stays the result's.
const load = () => import('@clack/prompts');
const output = process.stderr;

const answered = (answer: string | symbol): string => {
  if (typeof answer !== 'symbol') return answer;
  throw new CliError('Nothing was done.', { exitCode: exitCodes.interrupted });
};

const notEmpty = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? 'Something is needed here.' : undefined;

/** Asks for a line. */
export const ask = async (message: string, placeholder: string): Promise<string> =>
  answered(await (await load()).text({ message, placeholder, validate: notEmpty, output }));

/** Asks for a secret, without showing it. */
export const askSecret = async (message: string): Promise<string> =>
  answered(await (await load()).password({ message, validate: notEmpty, output }));

/** Asks for one of several. */
export const choose = async (message: string, options: readonly string[]): Promise<string> =>
  answered(
    await (await load()).select({ message, options: options.map((value) => ({ value, label: value })), output }),
  );
