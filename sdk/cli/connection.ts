import { CliError } from './failure.ts';
import { findProfile, type Profile, readProfiles } from './profiles.ts';
import type { Surroundings } from './surroundings.ts';

/** Where a command finds the platform, and with which key. */
export interface Connection {
  /** HTTP base, `https://…/v1`. */
  readonly url: string | undefined;
  readonly socketUrl: string | undefined;
  readonly apiKey: string;
  /** The profile that it is from, as far as it is. */
  readonly profile: string | undefined;
}

/** What the command line says about the platform. */
export interface ConnectionOptions {
  readonly profile?: string | undefined;
  readonly url?: string | undefined;
  readonly socketUrl?: string | undefined;
}

/** The addresses of a platform. */
export interface Addresses {
  readonly url: string | undefined;
  readonly socketUrl: string | undefined;
}

const loopback: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/** Whether an address is on this machine. */
export const isLocal = (address: string): boolean => loopback.includes(new URL(address).hostname);

/**
 * Both addresses from one: the local platform has them at the same port, a deployed stack has not.
 * @throws {@link CliError} naming where the address is from
 */
export const addressesOf = (from: string, address: string): Addresses => {
  const scheme = URL.canParse(address) ? new URL(address).protocol : '';
  if (scheme === 'http:' || scheme === 'https:') {
    const bare = address.replace(/\/+$/, '');
    const url = new URL(bare).pathname === '/' ? `${bare}/v1` : bare;
    return {
      url,
      socketUrl: isLocal(url) ? `${scheme === 'http:' ? 'ws' : 'wss'}://${new URL(url).host}/ws` : undefined,
    };
  }
  if (scheme === 'ws:' || scheme === 'wss:') {
    const { host } = new URL(address);
    const url = isLocal(address) ? `${scheme === 'ws:' ? 'http' : 'https'}://${host}/v1` : undefined;
    return { url, socketUrl: address };
  }
  throw new CliError(
    `${from} must be an address of the platform, https://… or wss://…, not ${JSON.stringify(address)}`,
  );
};

const noPlatform =
  '`muster dev` starts one on this machine, `muster login` stores the address and key of another; or set MUSTER_URL and MUSTER_API_KEY.';

interface Found extends Addresses {
  readonly profile: Profile | undefined;
  readonly name: string | undefined;
}

const isOf = ({ url, socketUrl }: Addresses, profile: Profile): boolean =>
  (url !== undefined && url === profile.url) || (socketUrl !== undefined && socketUrl === profile.socketUrl);

/** An address that is named otherwise than by a profile. A profile that the command line names overrules the environment. */
const namedAddress = ({ env }: Surroundings, options: ConnectionOptions): Addresses | undefined => {
  if (options.url !== undefined) return addressesOf('--url', options.url);
  const byEnvironment = options.profile === undefined ? env['MUSTER_URL'] : undefined;
  return byEnvironment === undefined || byEnvironment === '' ? undefined : addressesOf('MUSTER_URL', byEnvironment);
};

const findAddresses = async (surroundings: Surroundings, options: ConnectionOptions): Promise<Found> => {
  const file = await readProfiles(surroundings);
  const name = options.profile ?? (surroundings.env['MUSTER_PROFILE'] || file.current);
  const profile = name === undefined ? undefined : findProfile(file, name);
  const named = namedAddress(surroundings, options);
  if (named !== undefined && (profile === undefined || !isOf(named, profile)))
    return { ...named, profile: undefined, name: undefined };
  if (profile === undefined) throw new CliError('No platform is known here.', { hint: noPlatform });
  return { url: profile.url, socketUrl: profile.socketUrl ?? named?.socketUrl, profile, name };
};

/**
 * The platform to talk to: by the command line, else the environment, else the profile in use. A profile's key is for its
 * own address only.
 * @throws {@link CliError} when it is not known
 */
export const resolveConnection = async (
  surroundings: Surroundings,
  options: ConnectionOptions,
): Promise<Connection> => {
  const { env } = surroundings;
  const { url, socketUrl, profile, name } = await findAddresses(surroundings, options);
  const given = options.socketUrl ?? (env['MUSTER_SOCKET_URL'] || undefined);
  const own = options.profile === undefined ? env['MUSTER_API_KEY'] || undefined : undefined;
  const apiKey = own ?? profile?.apiKey;
  if (apiKey === undefined)
    throw new CliError(`There is no key for ${url ?? socketUrl ?? 'the platform'}.`, {
      hint: 'Set MUSTER_API_KEY, or store the key in a profile: `muster login`.',
    });
  return {
    url,
    socketUrl: given === undefined ? socketUrl : (addressesOf('--socket-url', given).socketUrl ?? socketUrl),
    apiKey: apiKey.trim(),
    profile: name,
  };
};
