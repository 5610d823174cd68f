import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { CliError } from './failure.ts';
import type { Surroundings } from './surroundings.ts';

const Manifest = z.looseObject({ name: z.string() });

const isCheckout = (folder: string): boolean => {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest) || !existsSync(join(folder, 'cdk.json'))) return false;
  try {
    return Manifest.safeParse(JSON.parse(readFileSync(manifest, 'utf8'))).data?.name === 'muster';
  } catch {
    return false;
  }
};

const searchUpwards = (folder: string): string | undefined => {
  if (isCheckout(folder)) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : searchUpwards(parent);
};

/** Muster's sources: where the command is used, or where it is itself; undefined when there are none. */
export const lookForCheckout = ({ env, directory }: Pick<Surroundings, 'env' | 'directory'>): string | undefined => {
  const home = env['MUSTER_HOME'];
  if (home !== undefined && home !== '')
    return isCheckout(resolve(directory, home)) ? resolve(directory, home) : undefined;
  return searchUpwards(directory) ?? searchUpwards(realpathSync(import.meta.dirname));
};

/** As {@link lookForCheckout}. @throws {@link CliError} that says how to get one */
export const findCheckout = (surroundings: Pick<Surroundings, 'env' | 'directory'>): string => {
  const found = lookForCheckout(surroundings);
  if (found !== undefined) return found;
  const home = surroundings.env['MUSTER_HOME'];
  throw new CliError(
    home === undefined || home === ''
      ? 'This needs the sources of Muster, which are not in this package.'
      : `MUSTER_HOME=${home} is no checkout of Muster.`,
    { hint: 'Clone the repository and run this there, or set MUSTER_HOME to where it is.' },
  );
};

/** The environment of programs of the checkout: its own Node and tools come first. */
export const checkoutEnvironment = (
  checkout: string,
  env: Surroundings['env'],
): Record<string, string | undefined> => ({
  ...env,
  PATH: [join(checkout, 'node_modules', '.bin'), env['PATH'] ?? ''].join(delimiter),
});

/** A program by its name, as the shell would find it; undefined when there is none. */
export const findOnPath = (name: string, env: Surroundings['env']): string | undefined =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
