import { type Command, CommanderError } from 'commander';
import { closest } from '../../core/contract/closest.ts';
import { exitCodes } from './exit-codes.ts';
import { type Failure, failureOf } from './failure.ts';
import { Output } from './output.ts';
import { createProgram } from './program.ts';
import type { Surroundings } from './surroundings.ts';
import { version } from './version.ts';

/** Every command that does something, by its words: `task submit`. */
const leavesOf = (command: Command, path: readonly string[] = []): { readonly path: string; readonly name: string }[] =>
  command.commands.flatMap((child) => {
    const own = [...path, child.name()];
    return child.commands.length === 0 ? [{ path: own.join(' '), name: child.name() }] : leavesOf(child, own);
  });

/** A word that is no command here may be one elsewhere: `muster submit` is `muster task submit`. */
const elsewhere = (program: Command, word: string): string | undefined => {
  const leaves = leavesOf(program);
  const name = closest(word, [...new Set(leaves.map((leaf) => leaf.name))]);
  const paths = leaves.filter((leaf) => leaf.name === name).map(({ path }) => `\`muster ${path}\``);
  return paths.length === 0 ? undefined : `There is ${paths.join(', ')}.`;
};

const withHint = (failure: Failure, thrown: unknown, program: Command): Failure => {
  if (!(thrown instanceof CommanderError) || failure.hint !== undefined) return failure;
  const [, word] = /^unknown command '(.+?)'/.exec(failure.message) ?? [];
  const hint = word === undefined || failure.message.includes('Did you mean') ? undefined : elsewhere(program, word);
  return { ...failure, hint: hint ?? 'Every command has --help with an example.' };
};

/** Runs one command line, without the leading `muster`; the answer is the exit code. Never throws. */
export const runCli = async (parameters: readonly string[], surroundings: Surroundings): Promise<number> => {
  let exitCode: number = exitCodes.done;
  const onExit = (code: number): void => {
    exitCode = code;
  };
  const program = createProgram(version, { surroundings, onExit });
  try {
    await program.parseAsync([...parameters], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const isHelp = thrown instanceof CommanderError && /^commander\.(?:help|helpDisplayed|version)$/.test(thrown.code);
    if (isHelp) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const failure = withHint(failureOf(thrown), thrown, program);
    const output = new Output(surroundings, {
      isJson: parameters.includes('--json'),
      isColourAllowed: !parameters.includes('--no-color'),
    });
    output.failure(failure);
    return failure.exitCode;
  }
};
