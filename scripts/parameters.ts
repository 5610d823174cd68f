import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** npm runs scripts in the package's folder; a relative path means where the user is. */
export const fromCaller = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);

/** @throws Error naming the option and its range. */
export const wholeNumber = (option: string, text: string, [least, most]: readonly [number, number]): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
    throw new Error(`${option} must be a whole number from ${least} to ${most}, not "${text}".`);
  return value;
};

/** A directory that is there or can be made. @throws Error naming the option when something else has its name. */
export const directoryFromCaller = (option: string, path: string): string => {
  const directory = fromCaller(path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new Error(`${option} ${directory} is not a directory.`);
  return directory;
};

/** The result, or the end of the process with the words of the error alone: what the caller wrote is wrong. */
export const orRefuse = <Result>(read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
};

/**
 * The options of a command for those who work on the project. Prints its usage and ends the process when asked for
 * `--help`, and ends it with the words of the error alone when an option is unknown.
 */
export const readOptions = <Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: Options,
): ReturnType<typeof parseArgs<{ options: Options }>>['values'] => {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage.trimEnd()}\n`);
    process.exit(0);
  }
  return orRefuse(() => parseArgs({ options }).values);
};
