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

/**
 * What no function comes to. Settings that only the providers read which none needs: profiles, single sign-on, containers, web
 * identity. And of libraries: descriptions of schemas, streams of events, classes of errors that are known by name.
 */
const foreign = [
  'sso_start_url',
  'credential_process',
  'source_profile',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'https://json-schema.org/draft/2020-12/schema',
  'BackupInUseException',
  'AssociatedInstances',
];

/** Bytes, minified. What a function may weigh that does one thing at the table. */
const budget = 450_000;

/** Those that weigh more, and what they carry beside the AWS SDK's core and zod, which are 260,000 of each. */
const heavier: Readonly<Partial<Record<(typeof functionNames)[number], number>>> = {
  // Runs are started: the rules of every mode and the schemas of their definitions; and the client of the bus, for what is refused.
  'queue/trigger': 485_000,
  // A task may be the last one of a stage: every mode, and every client that an end needs (table, sockets, queues,
  // Step Functions).
  'http/tasks': 650_000,
  'http/runs': 600_000,
  'websocket/message': 650_000,
  'queue/dispatch': 590_000,
  'queue/timers': 550_000,
  'queue/effects': 560_000,
  'stream/relay': 555_000,
  'schedule/sweep': 554_000,
  'events/execution-ended': 530_000,
  // Expressions (JSONata) and JSON Schema besides.
  'http/workflows': 580_000,
  'workflow/decide': 645_000,
  // What a task's end may bring about, as above.
  'http/answers': 560_000,
  // The two descriptions themselves.
  'http/specs': 780_000,
};

describe('the bundle of a function', () => {
  it.each(functionNames)('%s takes its credentials from the environment alone, and stays small', (name) => {
    const text = readFileSync(fileOf(name), 'utf8');
    expect(foreign.filter((word) => text.includes(word))).toEqual([]);
    expect(statSync(fileOf(name)).size).toBeLessThan(heavier[name] ?? budget);
  });
});
