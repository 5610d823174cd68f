import type { Command } from 'commander';
import * as z from 'zod';
import { Cli } from './cli.ts';
import type { ExitCode } from './exit-codes.ts';
import { CliError } from './failure.ts';
import { Output } from './output.ts';
import type { Surroundings } from './surroundings.ts';

/** A command that does something, as it is written down. */
export interface Leaf<Input extends z.ZodType> {
  /** Name and arguments, as commander has them: `show <task>`. */
  readonly usage: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly description?: string;
  readonly aliases?: readonly string[];
  /** At least one that works as it stands; without the leading `muster`. */
  readonly examples: readonly [string, ...string[]];
  /** Flags and what they say. */
  readonly flags?: readonly (readonly [string, string])[];
  /** Not in the help. */
  readonly isHidden?: boolean;
  /** Options and arguments by their names in camelCase. */
  readonly input: Input;
  /** Does it; the answer is the exit code, done when it is nothing. */
  run(input: z.infer<Input>, cli: Cli): Promise<ExitCode | undefined> | Promise<void>;
}

/** What every command has. */
export const GlobalOptions = z.object({
  json: z.boolean().default(false),
  color: z.boolean().default(true),
  profile: z.string().optional(),
  url: z.string().optional(),
  socketUrl: z.string().optional(),
});

/** Where a leaf is told what came of it. */
export interface LeafSurroundings {
  readonly surroundings: Surroundings;
  readonly onExit: (code: ExitCode) => void;
}

const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** How the one who typed knows it: `<task>` or `--limit`. */
const nameOf = (command: Command, key: string): string => {
  const argument = command.registeredArguments.find((each) => camelCase(each.name()) === key);
  if (argument !== undefined) return `<${argument.name()}>`;
  return command.options.find((option) => option.attributeName() === key)?.long ?? key;
};

const parseInput = <Input extends z.ZodType>(command: Command, schema: Input): z.infer<Input> => {
  const given: Record<string, unknown> = { ...command.opts() };
  for (const [index, argument] of command.registeredArguments.entries())
    given[camelCase(argument.name())] = command.processedArgs[index];
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path: [key = ''], code, message }) => {
    const isMissing =
      code === 'invalid_type' && given[String(key)] === undefined && message.startsWith('Invalid input');
    return `${nameOf(command, String(key))}: ${isMissing ? 'is needed' : message}`;
  });
  throw new CliError(lines.join('\n'), { hint: `\`${pathOf(command)} --help\` has an example.` });
};

/** What cannot be left out, by its name in camelCase. */
const neededBy = (schema: z.ZodType): ReadonlySet<string> => {
  const { error } = schema.safeParse({});
  return new Set(
    (error?.issues ?? []).filter(({ code }) => code === 'invalid_type').map(({ path: [key = ''] }) => String(key)),
  );
};

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

/** Adds a command to a group. */
export const addLeaf = <Input extends z.ZodType>(
  parent: Command,
  leaf: Leaf<Input>,
  { surroundings, onExit }: LeafSurroundings,
): void => {
  const command = parent
    .command(leaf.usage, { hidden: leaf.isHidden ?? false })
    .summary(leaf.summary)
    .description([`${leaf.summary}.`, ...(leaf.description === undefined ? [] : ['', leaf.description])].join('\n'))
    .aliases([...(leaf.aliases ?? [])]);
  const needed = neededBy(leaf.input);
  for (const [flag, text] of leaf.flags ?? []) {
    const option = command.createOption(flag, text);
    if (needed.has(option.attributeName())) option.description = `${text} (needed)`;
    command.addOption(option);
  }
  // A group has two names; the examples are written with the one that reads best with this command.
  const [group] = leaf.examples[0].split(' ');
  if (group !== undefined && parent.aliases().includes(group))
    command.configureHelp({
      ...command.configureHelp(),
      commandUsage: () => `muster ${group} ${leaf.usage} [options]`,
    });
  const title = leaf.examples.length === 1 ? 'Example' : 'Examples';
  const examples = leaf.examples.map((example) => `  $ ${example === '' ? 'muster' : `muster ${example}`}`);
  command.addHelpText('after', `\n${title}:\n${examples.join('\n')}`);
  command.action(async () => {
    const options = GlobalOptions.parse(command.optsWithGlobals());
    const output = new Output(surroundings, { isJson: options.json, isColourAllowed: options.color });
    const cli = new Cli(surroundings, output, options);
    try {
      const code = await leaf.run(parseInput(command, leaf.input), cli);
      if (code !== undefined) onExit(code);
    } finally {
      cli.close();
    }
  });
};
