import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { account, type Cloud, region } from './cloud.ts';
import { stackName } from './deployed-stack.ts';
import type { PythonTools } from './python-tools.ts';

const root = join(import.meta.dirname, '..', '..');
const cdkCommand = join(root, 'node_modules', '.bin', 'cdk');

const run = async (
  command: string,
  args: readonly string[],
  { env, cwd = root }: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<string> => {
  const child = spawn(command, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data: Buffer) => void (output += data.toString('utf8')));
  child.stderr.on('data', (data: Buffer) => void (output += data.toString('utf8')));
  await once(child, 'close');
  if (child.exitCode !== 0) {
    const lines = output.split('\n').filter((line) => !/_(IN_PROGRESS|COMPLETE)\b/.test(line));
    throw new Error(`${[command, ...args].join(' ')} ended with ${child.exitCode}:\n${lines.slice(-25).join('\n')}`);
  }
  return output;
};

const plain = ['--no-notices', '--no-color'] as const;
const assembly = (cloud: Cloud): string => join(cloud.scratch, 'cdk.out');

/** Where `deploy` leaves the outputs. */
export const outputsFile = (cloud: Cloud): string => join(cloud.scratch, 'outputs.json');

/** What the CDK asks of a new account and region. It needs no app, and so runs where there is none. */
export const bootstrap = ({ env, scratch }: Cloud): Promise<string> =>
  run(cdkCommand, ['bootstrap', `aws://${account}/${region}`, ...plain], { env, cwd: scratch });

/** `cdk deploy` from the sources, with nothing but the answer to its question. */
export const deploy = (cloud: Cloud): Promise<string> => {
  const unattended = ['--require-approval', 'never', '--outputs-file', outputsFile(cloud)];
  return run(cdkCommand, ['deploy', ...unattended, '--output', assembly(cloud), ...plain], { env: cloud.env });
};

/** `cdk destroy` of what was deployed, likewise. */
export const destroy = (cloud: Cloud): Promise<string> =>
  run(cdkCommand, ['destroy', '--force', '--app', assembly(cloud), ...plain], { env: cloud.env });

/** cfn-lint has no module that runs by `-m`. */
const lintProgram = 'import sys; from cfnlint.runner import main; sys.exit(main())';

/** The CDK names a role in DependsOn beside the reference to it, for the role's policies; harmless, and not ours to say. */
const ignoredFindings = 'W3005';

/** AWS's linter on the template that was deployed. @throws Error with its findings */
export const lintTemplate = ({ python, env }: PythonTools, cloud: Cloud): Promise<string> => {
  const template = join(assembly(cloud), `${stackName}.template.json`);
  const options = ['--regions', region, '--ignore-checks', ignoredFindings, '--template', template];
  return run(python, ['-c', lintProgram, ...options], { env: { ...cloud.env, ...env } });
};
