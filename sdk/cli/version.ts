import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';

const Manifest = z.looseObject({ name: z.string(), version: z.string() });

/** The package's version: its manifest is some folders above, how many depends on whether this is built. */
const findVersion = (folder: string): string => {
  const path = join(folder, 'package.json');
  if (existsSync(path)) return Manifest.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
  return findVersion(dirname(folder));
};

/** The version of this package. */
export const version = findVersion(import.meta.dirname);
