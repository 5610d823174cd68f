import { stat } from 'node:fs/promises';
import * as z from 'zod';
import { Connection } from '../../src/connection.ts';
import type { Cli } from '../cli.ts';
import type { Connection as Place } from '../connection.ts';
import { isLocal } from '../connection.ts';
import { duration } from '../format.ts';
import { profilePath } from '../profiles.ts';
import { version } from '../version.ts';
import { type Finding, failing, look, ok, warning } from './check.ts';

const answerMs = 5000;
/** The description is large, and its function seldom warm. */
const descriptionMs = 20_000;
const clockMs = 5000;
/** Presigned addresses of payloads are good for 15 minutes. */
const clockFailingMs = 60_000;
const slowMs = 1000;

/** Whether others than the owner may read the keys. Where modes mean nothing: no. */
const checkProfile = async ({ surroundings }: Cli, { profile, url }: Place): Promise<Finding> => {
  const path = profilePath(surroundings);
  const mode =
    process.platform === 'win32'
      ? 0
      : await stat(path).then(
          (found) => found.mode & 0o077,
          () => 0,
        );
  if (mode !== 0)
    return failing('profile', `${path} may be read by others.`, `chmod 600 ${path}, or muster doctor --fix`);
  return ok('profile', `${profile ?? 'environment'}: ${url ?? 'no HTTP address'}`);
};

const why = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
};

const Health = z.looseObject({ time: z.number() });

/** What one request to the health route came to. */
interface Probe {
  readonly status: number;
  readonly ms: number;
  /** How far this clock is behind the platform's; half of the way there is not its fault. */
  readonly behindMs: number | undefined;
}

const probe = async (url: string, apiKey: string, { surroundings: { timers } }: Cli): Promise<Probe> => {
  const from = performance.now();
  const response = await fetch(`${url}/system/health`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(answerMs),
  });
  const body: unknown = await response.json().catch(() => undefined);
  const ms = performance.now() - from;
  const time = Health.safeParse(body).data?.time;
  return { status: response.status, ms, behindMs: time === undefined ? undefined : time + ms / 2 - timers.now() };
};

const checkAddress = (url: string, { ms }: Probe): Finding => {
  if (url.startsWith('http:') && !isLocal(url))
    return warning('address', `${url} answers, but is not encrypted.`, 'Use its https address.');
  return ok('address', `${url} answers in ${duration(ms)}`);
};

const checkKey = ({ status }: Probe, apiKey: string): Finding => {
  if (status === 401)
    return failing(
      'key',
      'The platform does not know this key: wrong, ended or revoked.',
      'Store another: muster login',
    );
  if (status === 403)
    return failing('key', 'The role of this key may not even ask for health.', 'Ask for another key.');
  if (status !== 200)
    return failing(
      'key',
      `The health route answered ${status}.`,
      'Is this the address of Muster, with /v1 at its end?',
    );
  const [, tenant = '?', keyId = '?'] = apiKey.split('_');
  return ok('key', apiKey.startsWith('mst_') ? `${keyId} of the tenant ${tenant}` : 'a token of an identity provider');
};

const checkClock = ({ behindMs }: Probe): Finding => {
  if (behindMs === undefined) return warning('clock', 'The platform did not tell its time.', 'Is it another version?');
  const off = Math.abs(behindMs);
  const said = `This clock is ${duration(off)} ${behindMs > 0 ? 'behind' : 'ahead of'} the platform’s.`;
  const fix = 'Have the system set its time by itself (NTP).';
  if (off > clockFailingMs) return failing('clock', said, fix);
  return off > clockMs ? warning('clock', said, fix) : ok('clock', `${duration(off)} apart`);
};

/** The first request may have to start a function and look the key up; those after it find both, unless they never stay. */
const checkCaches = (first: Probe, later: readonly Probe[]): Finding => {
  const slowest = Math.max(...later.map(({ ms }) => ms));
  const said = `${duration(first.ms)} for the first request, ${later.map(({ ms }) => duration(ms)).join(' and ')} after it`;
  if (slowest < slowMs) return ok('caches', said);
  return warning(
    'caches',
    `${said}: every one starts anew.`,
    'Is the platform far away, out of concurrency, or just deployed? The runbook’s section on throttles tells.',
  );
};

/** Address, key, clock and caches, from a few requests; nothing else is worth asking when the first of them fails. */
export const checkHttp = async (cli: Cli, place: Place): Promise<readonly Finding[]> => {
  const { url, apiKey } = place;
  const profile = await look('profile', () => checkProfile(cli, place));
  if (url === undefined)
    return [
      ...profile,
      failing('address', 'Only the WebSocket address is known.', 'Set MUSTER_URL to the HTTP address.'),
    ];
  let first: Probe;
  try {
    first = await probe(url, apiKey, cli);
  } catch (error) {
    return [...profile, failing('address', `${url} does not answer: ${why(error)}`, unreachable(url))];
  }
  const key = checkKey(first, apiKey);
  const found = [...profile, checkAddress(url, first), key];
  if (key.status !== 'ok') return found;
  const caches = await look('caches', async () => {
    const later = [await probe(url, apiKey, cli), await probe(url, apiKey, cli)];
    return checkCaches(first, later);
  });
  return [...found, checkClock(first), ...caches];
};

const unreachable = (url: string): string =>
  isLocal(url) ? 'Start it: muster dev' : 'Check the address (the stack’s output HttpUrl), the network and the proxy.';

/** Whether a WebSocket opens. */
export const checkSocket = (
  { surroundings: { timers } }: Cli,
  { socketUrl, apiKey }: Place,
): Promise<readonly Finding[]> =>
  look('socket', async () => {
    if (socketUrl === undefined)
      return warning(
        'socket',
        'The WebSocket address is not known: no agent can be started here.',
        'muster login --socket-url wss://…',
      );
    const quiet = { onEnvelope: () => undefined, onGatewayError: () => undefined, onClose: () => undefined };
    const connection = await Connection.open({
      url: socketUrl,
      apiKey,
      timers,
      encoding: 'json',
      pingMs: 60_000,
      listener: quiet,
    });
    connection.close();
    return ok('socket', `${socketUrl} opens`);
  });

const OpenApi = z.looseObject({ info: z.looseObject({ version: z.string() }) });

/** Whether the platform is of the version that this command was made for. */
export const checkVersion = (url: string, apiKey: string): Promise<readonly Finding[]> =>
  look('version', async () => {
    const response = await fetch(`${url}/openapi.json`, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(descriptionMs),
    });
    const theirs = OpenApi.safeParse(await response.json().catch(() => undefined)).data?.info.version;
    if (theirs === undefined)
      return warning('version', 'The platform does not tell its version.', 'Deploy it again: muster deploy');
    const minor = (text: string): string => text.split('.').slice(0, 2).join('.');
    if (minor(theirs) === minor(version)) return ok('version', `platform ${theirs}, this command ${version}`);
    return warning(
      'version',
      `The platform is ${theirs}, this command ${version}.`,
      'Bring the older one up to date: muster deploy, or npm install @muster/sdk',
    );
  });
