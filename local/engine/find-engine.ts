import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

/** Where tables live: a program to start, or an address where a DynamoDB already answers. */
export type EngineLocation =
  | { readonly kind: 'binary'; readonly path: string }
  | { readonly kind: 'endpoint'; readonly url: string };

/** No DynamoDB engine can be found; the message says which three places were searched. */
export class EngineMissingError extends Error {
  override readonly name = 'EngineMissingError';
}

/**
 * Finds the DynamoDB engine: the `@dynoxide/<platform>` package, else `dynoxide` on PATH, else `DYNAMODB_ENDPOINT`.
 * @throws {@link EngineMissingError} when there is none.
 */
export function findEngine(environment: NodeJS.ProcessEnv = process.env): EngineLocation {
  const packageName = `@dynoxide/${process.platform}-${process.arch}`;
  const path = packagedBinary(packageName) ?? binaryOnPath(environment.PATH ?? '');
  if (path !== undefined) return { kind: 'binary', path };
  const url = environment.DYNAMODB_ENDPOINT;
  if (url !== undefined && url !== '') return { kind: 'endpoint', url };
  throw new EngineMissingError(
    `no DynamoDB engine found: install the npm package ${packageName}, put \`dynoxide\` on PATH, or set DYNAMODB_ENDPOINT to a DynamoDB Local address`,
  );
}

function packagedBinary(packageName: string): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    return executable(join(dirname(manifest), 'dynoxide'));
  } catch {
    return undefined;
  }
}

function binaryOnPath(path: string): string | undefined {
  const name = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';
  for (const directory of path.split(delimiter)) {
    const found = directory === '' ? undefined : executable(join(directory, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}
