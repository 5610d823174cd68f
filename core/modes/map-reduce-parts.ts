import * as z from 'zod';
import type { MapReduceWorkflow } from '../contract/definitions/map-reduce.ts';
import { Json } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import {
  type Mapping,
  splitByComplexity,
  splitByDependency,
  splitByFileType,
  splitBySize,
} from '../coordination/map-reduce/split.ts';
import { validateMappings } from '../coordination/map-reduce/validate-mappings.ts';
import { listAt, valueAt } from '../coordination/template.ts';
import { InvalidFieldError } from '../errors/errors.ts';
import { templateScope } from '../runs/outputs.ts';
import type { ModeContext } from './mode-rules.ts';
import { readOutcomes } from './run-reader.ts';

type Split = MapReduceWorkflow['split'];

/** What one map task is about. */
export interface MapPart {
  readonly name: string;
  readonly item: Json;
}

/** Elements that are split at all: more would not be read in the time that a function has. */
const maxElements = 100_000;

const Mappings = z.looseObject({
  mappings: z.array(z.looseObject({ name: z.string().min(1).max(128), items: z.array(z.int()) })),
});
const Parts = z.looseObject({ parts: z.array(Json) });

/** An element's own value where it is one, else what it has in a field. */
const fieldOf = (element: Json, field: string): Json =>
  typeof element === 'object' && element !== null ? valueAt(element, field.split('.')) : element;

const pathOf = (element: Json, index: number, field: string): string => {
  const path = fieldOf(element, field);
  if (typeof path === 'string') return path;
  throw new InvalidFieldError('split', `Element ${index} has no path at "${field}".`);
};

const complexityOf = (element: Json, index: number, field: string): number => {
  const complexity = fieldOf(element, field);
  if (typeof complexity === 'number' && complexity >= 0) return complexity;
  throw new InvalidFieldError('split', `Element ${index} has no complexity (a number from 0) at "${field}".`);
};

const Node = z.looseObject({ id: z.string(), dependsOn: z.array(z.string()).default([]) });

const nodeOf = (element: Json, index: number): z.infer<typeof Node> => {
  const node = Node.safeParse(element);
  if (node.success) return node.data;
  throw new InvalidFieldError('split', `Element ${index} has no "id", or a "dependsOn" that is no list of ids.`);
};

const mappingsOf = (split: Exclude<Split, { task: unknown }>, elements: readonly Json[]): readonly Mapping[] => {
  if (split.by === undefined) return splitBySize(elements.length, split.size ?? 1);
  switch (split.by) {
    case 'file_type':
      return splitByFileType(elements.map((element, index) => pathOf(element, index, split.field)));
    case 'complexity':
      return splitByComplexity(
        elements.map((element, index) => complexityOf(element, index, split.field)),
        split.groups,
      );
    case 'dependency':
      return splitByDependency(elements.map(nodeOf), split.groups);
  }
};

/** @throws InvalidFieldError naming what is wrong with them. */
const checked = (mappings: readonly Mapping[], elements: readonly Json[]): readonly Mapping[] => {
  const problems = validateMappings(mappings, elements.length);
  if (problems.length > 0) {
    const message = problems.map((problem) => problem.message).join(' ');
    throw new InvalidFieldError('mappings', `The split is not one: ${message}`.slice(0, 1000));
  }
  return mappings;
};

const partsOf = (mappings: readonly Mapping[], elements: readonly Json[]): readonly MapPart[] =>
  mappings.map(({ name, items }) => ({ name, item: { name, items: items.map((item) => elements[item] ?? null) } }));

const named = (values: readonly Json[]): readonly MapPart[] =>
  values.map((item, index) => ({ name: `part-${index + 1}`, item }));

/** What the splitter task answered, as parts. */
const partsOfTask = async (
  context: ModeContext,
  elements: readonly Json[] | undefined,
): Promise<readonly MapPart[]> => {
  const [outcome] = await readOutcomes(context, 0);
  const output = outcome?.output ?? null;
  if (elements === undefined) {
    const answer = Parts.safeParse(output);
    if (answer.success) return named(answer.data.parts);
    throw new InvalidFieldError('parts', 'The splitter answered no { "parts": […] }.');
  }
  const answer = Mappings.safeParse(output);
  if (answer.success) return partsOf(checked(answer.data.mappings, elements), elements);
  throw new InvalidFieldError('mappings', 'The splitter answered no { "mappings": [{ "name", "items": positions }] }.');
};

const elementsOf = async ({ services, run }: ModeContext, over: string): Promise<readonly Json[]> =>
  listAt(over, await templateScope(services, run, [over]), maxElements);

const allParts = async (context: ModeContext, split: Split): Promise<readonly MapPart[]> => {
  const elements = split.over === undefined ? undefined : await elementsOf(context, split.over);
  if ('task' in split) return partsOfTask(context, elements);
  if (elements === undefined) return [];
  const isWhole = split.by === undefined && split.size === undefined;
  if (isWhole) return named(elements);
  return partsOf(checked(mappingsOf(split, elements), elements), elements);
};

/**
 * The parts that a run's work is split into, in order. The same each time: it depends on the run's input and the splitter's
 * answer alone.
 * @throws InvalidFieldError for no list, elements without what they are split by, mappings that are none, too many parts;
 * CycleError, UnknownDependencyError.
 */
export const mapParts = async (context: ModeContext, split: Split): Promise<readonly MapPart[]> => {
  const parts = await allParts(context, split);
  if (parts.length > limits.itemsPerStep)
    throw new InvalidFieldError(
      'split',
      `The split has ${parts.length} parts; at most ${limits.itemsPerStep} are taken.`,
      {
        limit: limits.itemsPerStep,
      },
    );
  return parts;
};
