import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { CliError } from './failure.ts';
import { suggestion } from './suggest.ts';
import type { Surroundings } from './surroundings.ts';

/** A platform and a key for it, under a name. */
export const Profile = z.strictObject({
  /** HTTP base, `https://…/v1`. */
  url: z.url(),
  /** Without it nothing can be listened to, only asked again. */
  socketUrl: z.url().optional(),
  apiKey: z.string().min(1).optional(),
});
export type Profile = z.infer<typeof Profile>;

const ProfileFile = z.strictObject({
  current: z.string().optional(),
  profiles: z.record(z.string(), Profile).default({}),
});
/** Every profile, and the one that is used when none is named. */
export type ProfileFile = z.infer<typeof ProfileFile>;

/** Where profiles are kept. */
export const profilePath = ({ env, home }: Pick<Surroundings, 'env' | 'home'>): string =>
  join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'muster', 'profiles.json');

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** The profiles; none when there is no file yet. @throws {@link CliError} when the file cannot be read or is something else. */
export const readProfiles = async (surroundings: Pick<Surroundings, 'env' | 'home'>): Promise<ProfileFile> => {
  const path = profilePath(surroundings);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return { profiles: {} };
    throw new CliError(`${path} cannot be read`, { cause, hint: 'It belongs to you alone: chmod 600 it.' });
  }
  const parsed = ProfileFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  // Not with zod's words: they might repeat a key.
  throw new CliError(`${path} is no file of profiles`, { hint: 'Remove it and log in again: `muster login`.' });
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Writes the profiles for the owner alone; a reader sees the old file or the new one, never half of it. */
export const writeProfiles = async (
  surroundings: Pick<Surroundings, 'env' | 'home'>,
  file: ProfileFile,
): Promise<void> => {
  const path = profilePath(surroundings);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(draft, 0o600);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new CliError(`${path} cannot be written`, { cause, hint: 'XDG_CONFIG_HOME names another place.' });
  }
};

/** Keeps a profile and makes it the one in use. */
export const saveProfile = async (
  surroundings: Pick<Surroundings, 'env' | 'home'>,
  name: string,
  profile: Profile,
): Promise<void> => {
  const file = await readProfiles(surroundings);
  await writeProfiles(surroundings, { current: name, profiles: { ...file.profiles, [name]: profile } });
};

/** Removes a profile; when it was in use, none is. @throws {@link CliError} naming those that there are */
export const forgetProfile = async (surroundings: Pick<Surroundings, 'env' | 'home'>, name: string): Promise<void> => {
  const file = await readProfiles(surroundings);
  findProfile(file, name);
  const { [name]: _, ...profiles } = file.profiles;
  const isInUse = file.current === name || file.current === undefined;
  await writeProfiles(surroundings, isInUse ? { profiles } : { profiles, current: file.current });
};

/** A profile by its name. @throws {@link CliError} naming those that there are. */
export const findProfile = ({ profiles }: ProfileFile, name: string): Profile => {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found !== undefined) return found;
  throw new CliError(`There is no profile ${name}.`, {
    hint: suggestion(name, Object.keys(profiles), '`muster login` makes one.'),
  });
};
