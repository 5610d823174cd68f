import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as z from 'zod';
import { readOptions } from './parameters.ts';
import { asyncapi } from './specs/asyncapi.ts';
import { lintSpec } from './specs/lint-spec.ts';
import { openapi } from './specs/openapi.ts';
import { routesDocument } from './specs/routes-document.ts';

/**
 * Writes the descriptions of the APIs, which the API serves and the repository holds. `--check` writes nothing and fails
 * when they would change.
 */
const root = join(import.meta.dirname, '..');
const { version } = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const directory = join(root, 'functions', 'http', 'specs');
const usage = `Writes the OpenAPI and AsyncAPI descriptions and docs/routes.md from the contract.

Usage: npm run specs -- [--check]

  --check  write nothing; fail when something would change
`;
const values = readOptions(usage, { check: { type: 'boolean', default: false } } as const);

const faults: string[] = [];

const keep = (path: string, text: string): void => {
  if (!values.check) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text)
    faults.push(`${relative(root, path)} is not what the contract says: run \`npm run specs\`.`);
};

for (const [name, description] of Object.entries({
  'openapi.json': openapi(version),
  'asyncapi.json': asyncapi(version),
})) {
  const path = join(directory, name);
  const text = `${JSON.stringify(description, undefined, 2)}\n`;
  faults.push(...(await lintSpec(text, path)));
  keep(path, text);
}
keep(join(root, 'docs', 'routes.md'), routesDocument());
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
