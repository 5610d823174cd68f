import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AssetCode } from 'aws-cdk-lib/aws-lambda';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '#infra/bundle.ts';
import { functionNames } from '#infra/config/functions.ts';

const bundles = await bundleFunctions('functions');
afterAll(() => bundles[Symbol.dispose]());

const fileOf = (name: (typeof functionNames)[number]): string => {
  const code = bundles.codeOf(name);
  if (!(code instanceof AssetCode)) throw new Error(`${name} has no file`);
  return join(code.path, 'index.mjs');
};

/** Settings that only the providers read which no function needs: profiles, single sign-on, containers, web identity. */
const foreign = [
  'sso_start_url',
  'credential_process',
  'source_profile',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
];

describe('the bundle of a function', () => {
  it.each(functionNames)('%s takes its credentials from the environment alone, and stays small', (name) => {
    const text = readFileSync(fileOf(name), 'utf8');
    expect(foreign.filter((word) => text.includes(word))).toEqual([]);
    expect(statSync(fileOf(name)).size).toBeLessThan(900_000);
  });
});
