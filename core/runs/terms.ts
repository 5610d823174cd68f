import * as z from 'zod';
import { AgentId, TaskId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { isFenced } from '../coordination/leader/term.ts';
import type { Services } from '../services.ts';
import { noteOnce, readNote } from './notes.ts';
import type { Run } from './run.ts';

/** Who leads a run, and until when. `number` is from 1. */
export const ElectedTerm = z.looseObject({
  number: z.int().positive(),
  leader: AgentId,
  name: z.string(),
  endsAt: z.number(),
});
export type ElectedTerm = z.infer<typeof ElectedTerm>;

const padded = (number: number): string => String(number).padStart(4, '0');
const termNote = (number: number): string => `term#${padded(number)}`;
const childPrefix = (number: number): string => `child#${padded(number)}#`;

/** A term of a run, if it has begun. */
export const readTerm = async (services: Services, run: Run, number: number): Promise<ElectedTerm | undefined> => {
  const known = await readNote(services, run, termNote(number));
  return known === undefined ? undefined : ElectedTerm.parse(known);
};

/** Begins a term. Of two that would lead, one wins; both get the winner. */
export const beginTerm = async (services: Services, run: Run, term: ElectedTerm): Promise<ElectedTerm> =>
  ElectedTerm.parse(await noteOnce(services, run, termNote(term.number), Json.parse(term)));

/** Whether another term has begun since: nothing in the name of this one is taken any more. */
export const isTermOver = async (services: Services, run: Run, number: number): Promise<boolean> => {
  const next = await readTerm(services, run, number + 1);
  return isFenced(number, next ?? { number });
};

/**
 * Says, before it is there, that a task is done in a term's name: whoever begins the next term finds it.
 *
 * ```
 * old leader   ── note child ── put child ── look: is the term over? ── then end the child
 * next term          ── note term ── read children ── end them
 * ```
 * Whoever looks second sees what the other wrote first.
 */
export const noteChild = async (services: Services, run: Run, number: number, taskId: TaskId): Promise<void> => {
  await noteOnce(services, run, `${childPrefix(number)}${taskId}`, taskId);
};

const pageSize = 100;
const Child = z.looseObject({ value: TaskId });

/** What was said to be done in a term's name. */
export const readChildren = async (services: Services, run: Run, number: number): Promise<readonly TaskId[]> => {
  const { pk, sk } = keys.note(run.tenant, run.runId, childPrefix(number));
  const ids: TaskId[] = [];
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition: pk,
      prefix: sk,
      limit: pageSize,
      consistent: true,
      ...(cursor === undefined ? {} : { cursor }),
    });
    ids.push(...page.items.map((item) => Child.parse(item).value));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
};
