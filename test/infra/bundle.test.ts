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

/** Bytes, minified. What a function may weigh that does one thing at the table. */
const budget = 450_000;

/** Those that weigh more, and what they carry. Half of each is the AWS SDK's core and zod. */
const heavier: Readonly<Partial<Record<(typeof functionNames)[number], number>>> = {
  // Sockets beside the table.
  'http/access': 480_000,
  // Queues and sockets beside the table, and how agents are chosen.
  'http/agents': 540_000,
  'http/system': 540_000,
  'http/triggers': 490_000,
  // Sockets, and the clients of two stores of secrets.
  'websocket/secret': 560_000,
  // Runs are started: every mode, and the client of Step Functions.
  'queue/trigger': 570_000,
  'events/execution-ended': 640_000,
  // A task may be the last one of a stage: every mode, and every client that an end needs.
  'http/tasks': 690_000,
  'http/workflows': 650_000,
  'http/runs': 670_000,
  'websocket/message': 680_000,
  'queue/dispatch': 660_000,
  'queue/timers': 650_000,
  'queue/effects': 670_000,
  'stream/relay': 670_000,
  'schedule/sweep': 650_000,
  // Expressions and JSON Schema besides.
  'workflow/decide': 750_000,
  // The two descriptions themselves.
  'http/specs': 760_000,
};

describe('the bundle of a function', () => {
  it.each(functionNames)('%s takes its credentials from the environment alone, and stays small', (name) => {
    const text = readFileSync(fileOf(name), 'utf8');
    expect(foreign.filter((word) => text.includes(word))).toEqual([]);
    expect(statSync(fileOf(name)).size).toBeLessThan(heavier[name] ?? budget);
  });
});
