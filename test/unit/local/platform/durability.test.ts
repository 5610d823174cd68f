import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { freePort } from '#local/engine/free-port.ts';
import { editAssembly, find } from './edit-assembly.ts';

// Whole platforms with cold functions: seconds alone, more beside a full test run.
vi.setConfig({ testTimeout: 60_000 });

const cli = new URL('../../../../local/cli.ts', import.meta.url).pathname;
const Ready = z.looseObject({
  http: z.string(),
  endpointUrl: z.string(),
  region: z.string(),
  credentials: z.looseObject({ accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string() }),
  outputs: z.record(z.string(), z.string()),
});
const Machine = z.looseObject({ DefinitionS3Location: z.looseObject({ Key: z.string() }) });
const Outputs = z.record(z.string(), z.unknown());
type Ready = z.infer<typeof Ready>;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
});

async function startCli(parameters: readonly string[]): Promise<{ process: ChildProcess; ready: Ready }> {
  const child = spawn(process.execPath, [cli, '--json', '--quiet', ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { process: child, ready: Ready.parse(JSON.parse(String(line))) };
}

const settings = ({ endpointUrl: endpoint, region, credentials }: Ready) => ({
  endpoint,
  region,
  credentials: { ...credentials },
});

async function executionStatus(ready: Ready): Promise<string | undefined> {
  const sfn = new SFNClient(settings(ready));
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: ready.outputs.MachineArn }));
  const [execution] = executions;
  if (execution === undefined) return undefined;
  const { status, output } = await sfn.send(new DescribeExecutionCommand({ executionArn: execution.executionArn }));
  return `${status} ${output ?? ''}`.trim();
}

async function readSecret(ready: Ready): Promise<string | undefined> {
  const command = new GetSecretValueCommand({ SecretId: ready.outputs.SecretArn });
  return (await new SecretsManagerClient(settings(ready)).send(command)).SecretString;
}

async function createSchedule(ready: Ready): Promise<void> {
  const command = new CreateScheduleCommand({
    Name: 'reminder',
    ScheduleExpression: 'cron(0 9 * * ? *)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: ready.outputs.MachineArn, RoleArn: ready.outputs.CallerArn, Input: '{"kind":"reminder"}' },
  });
  await new SchedulerClient(settings(ready)).send(command);
}

async function scheduleInput(ready: Ready): Promise<string | undefined> {
  const { Target } = await new SchedulerClient(settings(ready)).send(new GetScheduleCommand({ Name: 'reminder' }));
  return Target?.Input;
}

describe('a data directory', () => {
  it('brings everything through kill -9: items, objects, secrets, credentials, schedules and a waiting execution', async () => {
    const data = mkdtempSync(join(tmpdir(), 'platform-data-'));
    cleanups.push(() => rmSync(data, { recursive: true, force: true }));
    const assembly = editAssembly((template, directory) => {
      const [caller] = find(template, 'SchedulerRole', '::Role');
      template.Outputs = {
        ...Outputs.parse(template.Outputs),
        CallerArn: { Value: { 'Fn::GetAtt': [caller, 'Arn'] } },
      };
      const [, machine] = find(template, 'Fulfil', '::StateMachine');
      const path = join(directory, `asset.${Machine.parse(machine.Properties).DefinitionS3Location.Key}`);
      const waiting = readFileSync(path, 'utf8').replace(
        '"Ship": { "Type": "Pass"',
        '"Ship": { "Type": "Wait", "Seconds": 3, "Next": "Sent" }, "Sent": { "Type": "Pass"',
      );
      writeFileSync(path, waiting);
    });
    cleanups.push(() => assembly[Symbol.dispose]());
    const parameters = ['--assembly', assembly.directory, '--data', data, '--port', String(await freePort())];

    const first = await startCli(parameters);
    await fetch(`${first.ready.http}/orders`, { method: 'POST', body: '{"customer":"ada","order":"o-1"}' });
    await expect.poll(() => executionStatus(first.ready), { timeout: 25_000 }).toBe('RUNNING');
    const object = new GetObjectCommand({ Bucket: first.ready.outputs.InvoicesBucket, Key: 'ada/o-1.txt' });
    const url = await getSignedUrl(new S3Client(settings(first.ready)), object);
    await expect.poll(async () => (await fetch(url)).status, { timeout: 25_000 }).toBe(200);
    const secret = await readSecret(first.ready);
    await createSchedule(first.ready);
    const exited = once(first.process, 'exit');
    first.process.kill('SIGKILL');
    await exited;

    const second = await startCli(parameters);
    expect(second.ready).toEqual(first.ready);
    expect(await (await fetch(`${second.ready.http}/orders/ada`)).text()).toBe('["o-1"]');
    expect(await readSecret(second.ready)).toBe(secret);
    expect(await scheduleInput(second.ready)).toBe('{"kind":"reminder"}');
    expect(await (await fetch(url)).text()).toBe('pay o-1');
    await expect.poll(() => executionStatus(second.ready), { timeout: 25_000 }).toBe('SUCCEEDED {"sent":"plain"}');
    const stopped = once(second.process, 'exit');
    second.process.kill('SIGTERM');
    expect((await stopped)[0]).toBe(0);
  });

  it('is refused while another process has it', async () => {
    const data = mkdtempSync(join(tmpdir(), 'platform-data-'));
    cleanups.push(() => rmSync(data, { recursive: true, force: true }));
    const assembly = editAssembly(() => undefined);
    cleanups.push(() => assembly[Symbol.dispose]());
    const parameters = ['--assembly', assembly.directory, '--data', data, '--port', '0'];
    const holder = await startCli(parameters);
    const late = spawn(process.execPath, [cli, ...parameters], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [line] = await once(createInterface({ input: late.stderr }), 'line');
    expect(String(line)).toContain(`is in use by process ${holder.process.pid}`);
    if (late.exitCode === null) await once(late, 'exit');
    expect(late.exitCode).toBe(1);
  });
});
