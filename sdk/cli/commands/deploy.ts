import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { checkoutEnvironment, findCheckout, findOnPath } from '../checkout.ts';
import type { Cli } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { leaf } from '../group.ts';
import { choice } from '../inputs.ts';
import { readProfiles, saveProfile } from '../profiles.ts';
import { runProgram } from '../run-program.ts';

const Deploy = z.object({
  stage: choice(['dev', 'prod']).optional(),
  context: z.array(z.string().regex(/^[\w:@/.-]+=.*$/, 'must be name=value')).default([]),
  yes: z.boolean().default(false),
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes')
    .optional(),
  cdk: z.array(z.string()).default([]),
});

/** The outputs of the stack, as `cdk deploy --outputs-file` writes them. */
const Outputs = z.looseObject({ HttpUrl: z.url(), SocketUrl: z.url(), BootstrapSecretArn: z.string() });
type Outputs = z.infer<typeof Outputs>;
const OutputsFile = z.record(z.string(), z.record(z.string(), z.string()));

const readOutputs = async (path: string): Promise<Outputs | undefined> => {
  try {
    const stacks = OutputsFile.parse(JSON.parse(await readFile(path, 'utf8')));
    return Object.values(stacks)
      .map((outputs) => Outputs.safeParse(outputs).data)
      .find((outputs) => outputs !== undefined);
  } catch {
    // A cdk that did not deploy (`-- --no-execute`) writes none.
    return undefined;
  }
};

const parametersOf = ({ stage, context, yes, cdk }: z.infer<typeof Deploy>, outputs: string): string[] => [
  'deploy',
  '--outputs-file',
  outputs,
  ...(stage === undefined ? [] : ['-c', `stage=${stage}`]),
  ...context.flatMap((each) => ['-c', each]),
  ...(yes ? ['--require-approval', 'never'] : []),
  ...cdk,
];

const findCdk = (
  checkout: string,
  env: Record<string, string | undefined>,
  own: Cli['surroundings']['env'],
): string => {
  const found = findOnPath('cdk', own) ?? findOnPath('cdk', env);
  if (found !== undefined) return found;
  throw new CliError('There is no cdk, neither on PATH nor in the checkout.', {
    exitCode: exitCodes.child,
    hint: `Install the packages of ${checkout} first: npm install there.`,
  });
};

const credentialNames = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/** Whether there is anything that credentials of AWS could come from, but for a role of the machine. */
const hasCredentials = ({ env, home }: Cli['surroundings']): boolean =>
  credentialNames.some((name) => (env[name] ?? '') !== '') ||
  existsSync(env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, '.aws', 'credentials')) ||
  existsSync(env['AWS_CONFIG_FILE'] ?? join(home, '.aws', 'config'));

const failureHint = (surroundings: Cli['surroundings']): string =>
  hasCredentials(surroundings)
    ? 'If it misses its bootstrap stack: a new account or region needs `npx cdk bootstrap` once.'
    : 'There are no AWS credentials here: set AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION.';

const conclude = async (outputs: Outputs, name: string, { surroundings, output }: Cli): Promise<void> => {
  const { HttpUrl: url, SocketUrl: socketUrl, BootstrapSecretArn: secret } = outputs;
  const { profiles } = await readProfiles(surroundings);
  // The key that is known already stays good for the same stack.
  const known = profiles[name]?.url === url ? profiles[name].apiKey : undefined;
  await saveProfile(surroundings, name, { url, socketUrl, ...(known === undefined ? {} : { apiKey: known }) });
  const next = [
    `aws secretsmanager get-secret-value --secret-id ${secret} --query SecretString --output text`,
    `muster login --name ${name} --url ${url} --socket-url ${socketUrl} --key-stdin`,
  ].join(' | ');
  output.result({ profile: name, url, socketUrl, secret }, () =>
    [
      'Muster is deployed.',
      output.paint.facts([
        ['HTTP', url],
        ['WebSocket', socketUrl],
        ['profile', `${name}, in use now`],
      ]),
      ...(known === undefined ? [`Its first key is in Secrets Manager. Fetch it:\n  ${next}`] : []),
    ].join('\n'),
  );
};

/** `muster deploy`. */
export const deploy = leaf({
  usage: 'deploy [cdk...]',
  summary: 'Deploy the platform into your AWS account, by `cdk deploy`',
  description:
    'Runs the cdk that is on PATH, else the one of the checkout of Muster (here, above, or in MUSTER_HOME), with the credentials in the environment. What stands after -- goes to cdk as it is. The addresses become a profile.',
  flags: [
    ['--stage <stage>', 'dev or prod; prod keeps data when the stack goes away'],
    ['-c, --context <name=value...>', 'context of the CDK app'],
    ['--yes', 'deploy without asking about permissions'],
    ['--name <name>', 'name of the profile (default: the stage, or deployed)'],
  ],
  examples: ['deploy', 'deploy --stage prod --yes', 'deploy -- --hotswap'],
  input: Deploy,
  async run(options, cli) {
    const { surroundings, output } = cli;
    const checkout = findCheckout(surroundings);
    const env = checkoutEnvironment(checkout, surroundings.env);
    const command = findCdk(checkout, env, surroundings.env);
    const work = await mkdtemp(join(tmpdir(), 'muster-deploy-'));
    try {
      const path = join(work, 'outputs.json');
      const code = await runProgram(
        {
          command,
          parameters: parametersOf(options, path),
          directory: checkout,
          env,
          // With --json standard output is the result's alone.
          ...(output.isJson ? { onOutput: (text: string) => void surroundings.stderr.write(text) } : {}),
        },
        surroundings,
      );
      if (code === exitCodes.interrupted) throw new CliError('Interrupted.', { exitCode: exitCodes.interrupted });
      if (code !== 0)
        throw new CliError(`cdk ended with ${code}; what it said is above.`, {
          exitCode: exitCodes.child,
          hint: failureHint(surroundings),
        });
      const outputs = await readOutputs(path);
      if (outputs === undefined) output.aside('cdk named no outputs: nothing was deployed.');
      else await conclude(outputs, options.name ?? options.stage ?? 'deployed', cli);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  },
});
