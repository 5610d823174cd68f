import type { Command } from 'commander';
import type * as z from 'zod';
import { addLeaf, type Leaf, type LeafSurroundings } from './leaf.ts';

/** Adds one command, whatever its input is. */
export type AddLeaf = (parent: Command, surroundings: LeafSurroundings) => void;

/** Commands about one kind of thing. */
export interface Group {
  /** The plural reads best in help; `alias` is the other number. */
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  readonly leaves: readonly AddLeaf[];
}

/** A command, ready to be added to whatever group. */
export const leaf =
  <Input extends z.ZodType>(written: Leaf<Input>): AddLeaf =>
  (parent, surroundings) =>
    addLeaf(parent, written, surroundings);

/** Adds a group with all that is in it. */
export const addGroup = (
  program: Command,
  { name, alias, summary, leaves }: Group,
  surroundings: LeafSurroundings,
): void => {
  const group = program.command(name).summary(summary).description(`${summary}.`);
  if (alias !== undefined) group.alias(alias);
  for (const add of leaves) add(group, surroundings);
  const [first] = group.commands;
  group.addHelpText('after', `\nExample:\n  $ muster ${name} ${first?.name() ?? ''} --help`);
};
