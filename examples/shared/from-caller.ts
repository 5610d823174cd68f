import { resolve } from 'node:path';

/** npm runs scripts in the package's folder; a relative path means where the user is. */
export function fromCaller(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
}
