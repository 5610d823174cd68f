import type { Command } from 'commander';
import * as z from 'zod';
import { templates } from '../agent/templates.ts';
import type { Cli } from '../cli.ts';
import { leaf } from '../group.ts';
import { readProfiles } from '../profiles.ts';

const childOf = (command: Command, word: string): Command | undefined =>
  command.commands.find((child) => [child.name(), ...child.aliases()].includes(word));

const visible = (command: Command): string[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((child) => child.name());

const optionsOf = (command: Command): string[] => {
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
};

/** Values that are known without asking the platform. */
const valuesOf = async (option: string | undefined, { surroundings }: Cli): Promise<string[] | undefined> => {
  if (option === '--profile') return Object.keys((await readProfiles(surroundings)).profiles);
  if (option === '--type') return Object.keys(templates);
  if (option === '--priority') return ['low', 'normal', 'high', 'critical'];
  return undefined;
};

const candidatesFor = async (program: Command, words: readonly string[], cli: Cli): Promise<readonly string[]> => {
  const before = words.slice(0, -1);
  let command = program;
  for (const word of before) command = childOf(command, word) ?? command;
  const values = await valuesOf(before.at(-1), cli);
  if (values !== undefined) return values;
  if ((words.at(-1) ?? '').startsWith('-')) return optionsOf(command);
  if (command.commands.length > 0) return visible(command);
  const isProfile = command.registeredArguments.some((argument) => argument.name() === 'profile');
  return isProfile ? Object.keys((await readProfiles(cli.surroundings)).profiles) : [];
};

/** `muster complete`, which shells ask: what may stand where the last word is, one a line. */
export const complete = (program: Command) =>
  leaf({
    usage: 'complete [words...]',
    summary: 'Answer a shell what may stand where the last word is',
    examples: ['complete -- task su'],
    isHidden: true,
    input: z.object({ words: z.array(z.string()).default([]) }),
    async run({ words }, cli) {
      const given = words.length === 0 ? [''] : words;
      const last = given.at(-1) ?? '';
      const candidates = (await candidatesFor(program, given, cli)).filter((each) => each.startsWith(last));
      cli.output.result(candidates, () => candidates.join('\n'));
    },
  });
