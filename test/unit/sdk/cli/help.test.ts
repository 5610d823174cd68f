import { describe, expect, it } from 'vitest';
import { createProgram } from '#cli/program.ts';
import { surroundingsOf } from '#cli/surroundings.ts';

const program = createProgram('1.2.3', { surroundings: surroundingsOf('muster'), onExit: () => undefined });

type Command = ReturnType<typeof createProgram>;

const walk = (command: Command, path: string): { path: string; command: Command }[] => [
  { path, command },
  ...command.commands.flatMap((child) => walk(child, `${path} ${child.name()}`)),
];
const commands = walk(program, 'muster');

/** What the command prints for --help, without what every command has in common. */
const helpOf = (command: Command): string => {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
};

/** The words of an example, quotes taken away. */
const wordsOf = (example: string): string[] =>
  [...example.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');

const childOf = (command: Command, word = ''): Command | undefined =>
  command.commands.find((child) => [child.name(), ...child.aliases()].includes(word));

/** The command that a line names, and what follows its name. */
const resolve = (example: string): { readonly named: Command; readonly rest: string[] } => {
  const [line = ''] = example.split(/ [<|] /);
  const rest = wordsOf(line).slice(1);
  let named = program;
  for (let next = childOf(named, rest[0]); next !== undefined; next = childOf(named, rest[0])) {
    named = next;
    rest.shift();
  }
  return { named, rest };
};

describe.each(commands)('$path --help', ({ command }) => {
  const examples = [...helpOf(command).matchAll(/^ {2}\$ (muster .+)$/gm)].map(([, example = '']) => resolve(example));

  it('has an example of this very command', () => {
    expect(examples.length).toBeGreaterThan(0);
    // Of a group, of one of its commands; of the whole, of any.
    const about = ({ named }: { readonly named: Command }) =>
      command === program ? program : command.commands.length > 0 ? named.parent : named;
    expect(new Set(examples.map(about))).toEqual(new Set([command]));
  });

  it('has examples whose options there are', () => {
    const known = ['--help', ...program.options.map(({ long }) => long)];
    for (const { named, rest } of examples)
      expect(named.parseOptions(rest).unknown.filter((word) => word.startsWith('-') && !known.includes(word))).toEqual(
        [],
      );
  });

  it('says what it does in a sentence', () => {
    expect(command.description()).toMatch(/\.$/);
  });
});
