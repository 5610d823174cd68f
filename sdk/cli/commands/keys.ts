import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import type { CreatedKey, KeyView } from '../../../core/contract/access.ts';
import { Role, Scope } from '../../../core/contract/roles.ts';
import type { Cli } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { ago, count, instant } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { choice, page, pageFlags, pageNote } from '../inputs.ts';
import { readProfiles, writeProfiles } from '../profiles.ts';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90d`, `12h`, `30m`, `45s`. */
const life = z
  .string()
  .regex(/^\d{1,9}[smhd]$/, 'must be a time such as 90d, 12h or 30m')
  .transform((text) => Number(text.slice(0, -1)) * (secondsOf[text.slice(-1)] ?? 1));

const Create = z
  .object({
    name: z.string().min(1).max(128),
    role: choice(Role.options),
    scope: z.array(choice(Scope.options)).optional(),
    capability: z.array(z.string()).optional(),
    expires: life.optional(),
    save: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes')
      .optional(),
    out: z.string().min(1).optional(),
    print: z.boolean().default(false),
  })
  .refine(({ save, out, print }) => [save !== undefined, out !== undefined, print].filter(Boolean).length === 1, {
    message: 'the secret is shown once: say where it goes, by one of --save, --out and --print',
    path: ['save'],
  });

/** Opens the file before there is a key, so that none is made which nobody has. */
const reserve = async (path: string): Promise<void> => {
  try {
    await writeFile(path, '', { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new CliError(`--out: ${path} cannot be made, or is there already.`, { cause });
  }
};

const hand = async (
  apiKey: string,
  { save, out }: { save?: string | undefined; out?: string | undefined },
  cli: Cli,
): Promise<string> => {
  const { surroundings } = cli;
  if (out !== undefined) {
    const path = resolve(surroundings.directory, out);
    await writeFile(path, `${apiKey}\n`, { mode: 0o600 });
    return `Its secret is in ${path}, for you alone.`;
  }
  if (save === undefined) return apiKey;
  const { url = '', socketUrl } = await cli.connection();
  const file = await readProfiles(surroundings);
  const profile = { url, apiKey, ...(socketUrl === undefined ? {} : { socketUrl }) };
  await writeProfiles(surroundings, { ...file, profiles: { ...file.profiles, [save]: profile } });
  return `Its secret is in the profile ${save}.`;
};

const create = leaf({
  usage: 'create',
  summary: 'Make an API key',
  description:
    'Its secret is shown this once, so it goes into a profile, a file that only you can read, or to standard output where that is asked for.',
  flags: [
    ['--name <name>', 'what people know it by'],
    ['--role <role>', Role.options.join(', ')],
    ['--scope <scope...>', 'only these of the role’s scopes'],
    ['--capability <name...>', 'what agents under this key may say that they can do'],
    ['--expires <time>', 'how long it is good for: 90d, 12h, 30m (default: for ever)'],
    ['--save <profile>', 'keep it as a profile'],
    ['--out <file>', 'write it into a new file, mode 0600'],
    ['--print', 'print it, and nothing else'],
  ],
  examples: [
    'keys create --name "review agents" --role agent --capability code_review --expires 90d --out review.key',
    'keys create --name dashboard --role viewer --save dashboard',
  ],
  input: Create,
  async run({ name, role, scope, capability, expires, save, out, print }, cli) {
    if (out !== undefined) await reserve(resolve(cli.surroundings.directory, out));
    const created = await (await cli.administrator()).createKey({
      name,
      role,
      ...(scope === undefined ? {} : { scopes: scope }),
      ...(capability === undefined ? {} : { capabilities: capability }),
      ...(expires === undefined ? {} : { expiresInSeconds: expires }),
    });
    const { apiKey, ...shown }: CreatedKey = created;
    if (apiKey === undefined) throw new CliError(`${created.keyId} was made, and its secret was not answered again.`);
    const where = await hand(apiKey, { save, out }, cli);
    cli.output.result(print ? created : shown, () => (print ? where : `${created.keyId} (${role}) is made. ${where}`));
  },
});

const stateOf = ({ revokedAt, endsAt }: KeyView, now: number): string =>
  revokedAt !== undefined ? 'revoked' : endsAt !== undefined && endsAt <= now ? 'ended' : 'good';

const list = leaf({
  usage: 'ls',
  summary: 'List API keys, newest first; never their secrets',
  flags: pageFlags,
  examples: ['keys ls'],
  input: z.object(page),
  async run(query, cli) {
    const found = await (await cli.administrator()).listKeys(query);
    const now = cli.surroundings.timers.now();
    cli.output.rows(found, {
      head: ['KEY', 'NAME', 'ROLE', 'STATE', 'MADE', 'ENDS', 'LIMITED TO'],
      rows: found.items.map((key) => [
        key.keyId,
        key.name,
        key.role,
        stateOf(key, now),
        ago(key.createdAt, now),
        instant(key.endsAt),
        [...(key.scopes ?? []), ...(key.capabilities ?? [])].join(', '),
      ]),
      none: 'No keys but the first one.',
    });
    pageNote(found, cli);
  },
});

/** Pages that are looked through for a name. */
const maxPages = 20;

/** The id of a key that is named by it, or by a name that no other good key has. */
const keyIdOf = async (given: string, cli: Cli): Promise<string> => {
  const administrator = await cli.administrator();
  const now = cli.surroundings.timers.now();
  const named: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < maxPages; pages++) {
    const found = await administrator.listKeys({ limit: 100, cursor });
    if (found.items.some(({ keyId }) => keyId === given)) return given;
    named.push(
      ...found.items.flatMap((key) => (key.name === given && stateOf(key, now) === 'good' ? [key.keyId] : [])),
    );
    cursor = found.nextCursor;
    if (cursor === undefined) break;
  }
  if (named.length > 1)
    throw new CliError(`${count(named.length, 'key')} are named ${given}: ${named.join(', ')}.`, {
      hint: 'Name the one that is meant by its id; `muster keys ls` tells them apart.',
    });
  return named[0] ?? given;
};

const revoke = leaf({
  usage: 'revoke <key>',
  summary: 'Revoke an API key; its sockets are closed',
  description:
    'Named by its id, or by its name where no other has that; not by its secret. Within 30 seconds everything of it is refused.',
  examples: ['keys revoke k3f9c2', 'keys revoke dashboard'],
  input: z.object({ key: z.string() }),
  async run({ key }, cli) {
    if (key.startsWith('mst_'))
      throw new CliError('This is a whole key; it is named by its id alone.', {
        exitCode: exitCodes.usage,
        hint: 'mst_<tenant>_<keyId>_<secret>; it may now be in your shell’s history.',
      });
    const keyId = await keyIdOf(key, cli);
    await (await cli.administrator()).revokeKey(keyId);
    cli.output.result({ keyId, revoked: true }, () => `${keyId} is revoked.`);
  },
});

/** `muster keys`. */
export const keysGroup: Group = {
  name: 'keys',
  alias: 'key',
  summary: 'API keys: making, listing and revoking them',
  leaves: [create, list, revoke],
};
