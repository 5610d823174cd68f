import * as z from 'zod';
import { Client } from '../../src/client.ts';
import type { Cli } from '../cli.ts';
import { addressesOf, isLocal } from '../connection.ts';
import { CliError } from '../failure.ts';
import { leaf } from '../group.ts';
import { forgetProfile, profilePath, readProfiles, saveProfile } from '../profiles.ts';
import { ask, askSecret, canAsk } from '../prompts.ts';
import { readAll } from '../read-value.ts';

/** The first key of a deployed stack, as its secret holds it. */
const BootstrapSecret = z.looseObject({ tenant: z.string(), keyId: z.string(), secret: z.string() });

/** A key as it is given: itself, or the JSON of the stack's secret. @throws {@link CliError} without repeating it */
export const keyOf = (given: string): string => {
  const text = given.trim();
  if (/^mst_[^\s]+$/.test(text)) return text;
  const secret = BootstrapSecret.safeParse(tryJson(text));
  if (secret.success) return `mst_${secret.data.tenant}_${secret.data.keyId}_${secret.data.secret}`;
  // An identity provider's token has two dots.
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return text;
  throw new CliError('This is no key.', {
    hint: 'A key looks like mst_<tenant>_<keyId>_<secret>; the JSON of the stack’s bootstrap secret will do too.',
  });
};

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const readKey = async (isOnStdin: boolean, { surroundings }: Cli): Promise<string> => {
  const fromEnvironment = surroundings.env['MUSTER_API_KEY'];
  if (isOnStdin) return keyOf(await readAll(surroundings.stdin));
  if (fromEnvironment !== undefined && fromEnvironment !== '') return keyOf(fromEnvironment);
  if (canAsk(surroundings)) return keyOf(await askSecret('API key (mst_…)'));
  throw new CliError('There is no key, and nobody to ask for it.', {
    hint: 'Pipe it in with --key-stdin, or set MUSTER_API_KEY.',
  });
};

const readAddress = async ({ surroundings, options }: Cli): Promise<{ url: string; socketUrl: string | undefined }> => {
  const given = options.url ?? (surroundings.env['MUSTER_URL'] || undefined);
  const typed = given ?? (canAsk(surroundings) ? await ask('HTTP address of the platform', 'https://…/v1') : undefined);
  if (typed === undefined)
    throw new CliError('There is no address of the platform.', {
      hint: 'Give it with --url: the output HttpUrl of the stack.',
    });
  const { url, socketUrl } = addressesOf('--url', typed);
  if (url === undefined)
    throw new CliError('--url must be the HTTP address of the platform.', {
      hint: 'The WebSocket address goes into --socket-url.',
    });
  const socket = options.socketUrl ?? (surroundings.env['MUSTER_SOCKET_URL'] || undefined);
  return { url, socketUrl: socket === undefined ? socketUrl : addressesOf('--socket-url', socket).socketUrl };
};

/** `muster login`. */
export const login = leaf({
  usage: 'login',
  summary: 'Store the address and the key of a platform as a profile, and use it',
  description:
    'The key is asked for without being shown, or read from --key-stdin or MUSTER_API_KEY. It is tried, then kept in a file that only you can read.',
  flags: [
    ['--name <name>', 'name of the profile (default: default)'],
    ['--key-stdin', 'read the key, or the JSON of the bootstrap secret, from standard input'],
  ],
  examples: [
    'login --name prod --url https://abc.execute-api.eu-west-1.amazonaws.com/v1 --socket-url wss://def.execute-api.eu-west-1.amazonaws.com/ws',
    'login --name prod --url https://abc.execute-api.eu-west-1.amazonaws.com/v1 --key-stdin < key.txt',
  ],
  input: z.object({
    name: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes')
      .default('default'),
    keyStdin: z.boolean().default(false),
  }),
  async run({ name, keyStdin }, cli) {
    const { surroundings, output } = cli;
    const { url, socketUrl } = await readAddress(cli);
    if (url.startsWith('http:') && !isLocal(url))
      output.aside(`Note: ${url} is not encrypted; whoever is on the way sees the key.`);
    const apiKey = await readKey(keyStdin, cli);
    await new Client({ url, apiKey, timers: surroundings.timers }).health();
    await saveProfile(surroundings, name, { url, apiKey, ...(socketUrl === undefined ? {} : { socketUrl }) });
    const path = profilePath(surroundings);
    output.result({ name, url, socketUrl, path }, () => `${name} is in use: ${url}\nKept in ${path}, for you alone.`);
    if (socketUrl === undefined)
      output.aside(
        'Without --socket-url (the stack’s output SocketUrl) changes are asked for every second, and no agent can be started here.',
      );
  },
});

/** `muster logout`. */
export const logout = leaf({
  usage: 'logout',
  summary: 'Forget the profile in use and its key here; the key itself stays good',
  examples: ['logout', 'logout --profile prod'],
  input: z.object({}),
  async run(_, { surroundings, output, options }) {
    const file = await readProfiles(surroundings);
    const name = options.profile ?? file.current;
    if (name === undefined) throw new CliError('No profile is in use.', { hint: '`muster profile ls` lists them.' });
    await forgetProfile(surroundings, name);
    output.result({ name, removed: true }, () => `${name} is forgotten here.`);
  },
});
