import * as z from 'zod';
import { type Group, leaf } from '../group.ts';
import { findProfile, forgetProfile, profilePath, readProfiles, writeProfiles } from '../profiles.ts';

const list = leaf({
  usage: 'ls',
  summary: 'List the platforms that are known here',
  examples: ['profile ls'],
  input: z.object({}),
  async run(_, { surroundings, output }) {
    const { current, profiles } = await readProfiles(surroundings);
    const entries = Object.entries(profiles).map(([name, { url, socketUrl, apiKey }]) => ({
      name,
      url,
      socketUrl,
      hasKey: apiKey !== undefined,
      isCurrent: name === current,
    }));
    output.rows(entries, {
      head: ['', 'PROFILE', 'KEY', 'ADDRESS'],
      rows: entries.map(({ name, url, hasKey, isCurrent }) => [isCurrent ? '*' : '', name, hasKey ? 'yes' : 'no', url]),
      none: `No profiles in ${profilePath(surroundings)}. \`muster login\` makes one.`,
    });
  },
});

const use = leaf({
  usage: 'use <profile>',
  summary: 'Make a profile the one that is used when none is named',
  examples: ['profile use prod'],
  input: z.object({ profile: z.string() }),
  async run({ profile: name }, { surroundings, output }) {
    const file = await readProfiles(surroundings);
    const { url } = findProfile(file, name);
    await writeProfiles(surroundings, { ...file, current: name });
    output.result({ name, url }, () => `${name} is in use: ${url}`);
  },
});

const remove = leaf({
  usage: 'rm <profile>',
  summary: 'Forget a platform and its key here; the key itself stays good',
  examples: ['profile rm prod'],
  input: z.object({ profile: z.string() }),
  async run({ profile: name }, { surroundings, output }) {
    await forgetProfile(surroundings, name);
    output.result({ name, removed: true }, () => `${name} is forgotten here. \`muster keys revoke\` ends its key.`);
  },
});

/** `muster profile`. */
export const profilesGroup: Group = {
  name: 'profile',
  alias: 'profiles',
  summary: 'Profiles: which platforms are known here, and which one is used',
  leaves: [list, use, remove],
};
