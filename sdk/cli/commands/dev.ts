import { join } from 'node:path';
import * as z from 'zod';
import { checkoutEnvironment, findCheckout } from '../checkout.ts';
import type { Cli } from '../cli.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { leaf } from '../group.ts';
import { wholeNumber } from '../inputs.ts';
import { saveProfile } from '../profiles.ts';
import { runProgram } from '../run-program.ts';

/** What the local platform prints when it is ready. */
const Ready = z.looseObject({
  http: z.string(),
  ws: z.string(),
  apiKey: z.string(),
  /** Where AWS's own commands find its bus, queues and tables. The keys are good on this machine alone. */
  aws: z
    .looseObject({
      endpointUrl: z.string(),
      region: z.string(),
      accessKeyId: z.string(),
      secretAccessKey: z.string(),
    })
    .optional(),
  outputs: z.record(z.string(), z.string()).default({}),
});

const Dev = z.object({
  port: wholeNumber(0, 65_535).default(4577),
  data: z.string().optional(),
  chaos: wholeNumber(0, 2 ** 32 - 1).optional(),
  verbose: z.boolean().default(false),
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes')
    .default('local'),
});

/** Calls back with the first line of what comes in pieces. */
const firstLine = (onLine: (line: string) => void): ((text: string) => void) => {
  let before: string | undefined = '';
  return (text) => {
    if (before === undefined) return;
    before += text;
    const [line = '', ...rest] = before.split('\n');
    if (rest.length === 0) return;
    before = undefined;
    onLine(line);
  };
};

const awsFacts = (aws: z.infer<typeof Ready>['aws']): readonly (readonly [string, string])[] =>
  aws === undefined
    ? []
    : [
        ['AWS', `AWS_ENDPOINT_URL=${aws.endpointUrl} AWS_REGION=${aws.region}`],
        ['', `AWS_ACCESS_KEY_ID=${aws.accessKeyId} AWS_SECRET_ACCESS_KEY=${aws.secretAccessKey}`],
      ];

const announce = async (line: string, name: string, { surroundings, output }: Cli): Promise<void> => {
  const { http, ws, apiKey, aws, outputs } = Ready.parse(JSON.parse(line));
  await saveProfile(surroundings, name, { url: http, socketUrl: ws, apiKey });
  output.entry({ http, ws, profile: name, aws, outputs }, () =>
    [
      'Muster runs on this machine.',
      output.paint.facts([
        ['HTTP', http],
        ['WebSocket', ws],
        ['profile', `${name}, in use now, with the key`],
        ...awsFacts(aws),
        ...Object.entries(outputs).map(([output, value]) => [output, value] as const),
      ]),
      'Try: muster agent spawn --type echo, then: muster task submit echo --input \'"hello"\' --wait',
      'Ctrl-C ends it.',
    ].join('\n'),
  );
};

const parametersOf = ({ port, data, chaos, verbose }: z.infer<typeof Dev>): string[] => [
  '--json',
  '--port',
  String(port),
  ...(data === undefined ? [] : ['--data', data]),
  ...(chaos === undefined ? [] : ['--chaos', String(chaos)]),
  ...(verbose ? ['--verbose'] : []),
];

/** `muster dev`. */
export const dev = leaf({
  usage: 'dev',
  summary: 'Run the whole platform on this machine, without an account',
  description:
    'Runs what `deploy` would deploy, from a checkout of Muster (here, above, or in MUSTER_HOME), until Ctrl-C. Its address and key become a profile.',
  flags: [
    ['--port <n>', 'port of the APIs, 0 for a free one (default: 4577)'],
    ['--data <directory>', 'keep everything there; without it all is gone at the end'],
    ['--chaos <seed>', 'inject duplicates, delays, throttling and lost connections'],
    ['--verbose', 'print what the functions log, on standard error'],
    ['--name <name>', 'name of the profile (default: local)'],
  ],
  examples: ['dev', 'dev --port 0 --data .muster'],
  input: Dev,
  async run(options, cli): Promise<ExitCode> {
    const { surroundings } = cli;
    const checkout = findCheckout(surroundings);
    let announced: Promise<void> = Promise.resolve();
    const program = {
      command: process.execPath,
      parameters: [
        join(checkout, 'scripts', 'with-packages.mjs'),
        'node',
        join('scripts', 'dev.ts'),
        ...parametersOf(options),
      ],
      directory: checkout,
      // The first: relative paths mean where the command is used. The second: it ends when this process does, however that ends.
      env: {
        ...checkoutEnvironment(checkout, surroundings.env),
        INIT_CWD: surroundings.directory,
        npm_lifecycle_event: 'dev',
      },
      onOutput: firstLine((line) => {
        announced = announce(line, options.name, cli);
      }),
    };
    cli.output.aside('Starting the platform …');
    const code = await runProgram(program, surroundings);
    await announced;
    if (code === exitCodes.interrupted || code === exitCodes.done) return exitCodes.done;
    throw new CliError(`The local platform ended with ${code}.`, {
      exitCode: exitCodes.child,
      hint: 'Is the port taken? --port 0 takes a free one; --verbose shows what the functions log.',
    });
  },
});
