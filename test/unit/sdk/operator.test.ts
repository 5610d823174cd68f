import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AskedWorkflow } from '#core/contract/workflow.ts';
import { dryRun } from '#core/dry-run/dry-run.ts';
import { Operator } from '#sdk/index.ts';
import { createWorld, tenant } from '../core/world.ts';
import { FakePlatform, type HttpCall } from './fake-platform.ts';

const definition = { mode: 'auto', name: 'w', steps: [{ id: 'a', type: 'x' }] } as const;

let platform: FakePlatform;
let operator: Operator;

beforeEach(async () => {
  platform = await FakePlatform.start();
  operator = new Operator({ url: platform.url, apiKey: 'mst_acme_k_s' });
});
afterEach(() => platform.stop());

describe('dryRun', () => {
  it('asks without storing, and answers what the platform reckons', async () => {
    const reckoned = await dryRun(createWorld().services, tenant, AskedWorkflow.parse(definition));
    const calls: HttpCall[] = [];
    platform.http = (call) => {
      calls.push(call);
      return { json: reckoned };
    };
    const answer = await operator.dryRun({ ...definition, steps: [...definition.steps] });
    expect(calls).toMatchObject([{ method: 'POST', path: '/v1/workflows?dryRun=true' }]);
    expect(JSON.parse(String(calls[0]?.body))).toEqual(definition);
    expect(answer).toMatchObject({
      mode: 'sequential',
      choice: { mode: 'sequential' },
      unserved: [{ step: 'a', reason: 'no_agent' }],
      estimate: { transitions: 2 },
    });
  });

  it('throws what the platform refuses, with the field', async () => {
    platform.http = () => ({
      status: 400,
      json: { code: 'CYCLE', detail: 'These steps wait for each other: a → a.', retryable: false, field: 'dependsOn' },
    });
    await expect(operator.dryRun({ ...definition, steps: [...definition.steps] })).rejects.toMatchObject({
      code: 'CYCLE',
      field: 'dependsOn',
    });
  });
});
