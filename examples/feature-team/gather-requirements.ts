import { isDeepStrictEqual } from 'node:util';
import { TaskFailure } from '#sdk/index.ts';
import type { FeatureRequest, Pair, Requirements, Value, ValueType } from './feature.ts';

const defaultNames = ['a', 'b', 'c', 'd'];
/** Of so many pairs in turn the last two are kept from the coder. */
const cycle = 5;

/**
 * Types, roles and splits a table of examples.
 * @throws TaskFailure INCONSISTENT_TABLE when no function can meet it
 */
export function gatherRequirements(request: FeatureRequest): Requirements {
  const pairs = distinct(request.pairs);
  const arity = pairs[0]?.input.length ?? 0;
  const names = request.parameters ?? defaultNames.slice(0, arity);
  if (names.length !== arity) refuse(`The table has ${arity} columns of arguments, but ${names.length} parameters`);
  if (new Set(names).size !== names.length) refuse('Two parameters have the same name');
  const roles = Map.groupBy(pairs, (pair) => roleOf(pairs.indexOf(pair), pairs.length));
  return {
    name: request.name,
    description: request.description ?? '',
    parameters: names.map((name, column) => ({
      name,
      type: commonType(
        pairs.map(({ input }) => input[column]),
        name,
      ),
    })),
    returns: commonType(
      pairs.map(({ output }) => output),
      'the result',
    ),
    given: roles.get('given') ?? [],
    review: roles.get('review') ?? [],
    heldOut: roles.get('heldOut') ?? [],
    notes: notesOn(request, pairs),
    maxRounds: request.maxRounds,
  };
}

/** The first three of five are given, so that small tables still say something to everybody. */
function roleOf(index: number, total: number): 'given' | 'review' | 'heldOut' {
  const place = index % cycle;
  if (place === cycle - 1 || (total <= cycle + 1 && index === total - 1)) return 'heldOut';
  return place === cycle - 2 ? 'review' : 'given';
}

function distinct(pairs: readonly Pair[]): Pair[] {
  const found: Pair[] = [];
  for (const pair of pairs) {
    const same = found.find(({ input }) => isDeepStrictEqual(input, pair.input));
    if (same === undefined) found.push(pair);
    else if (!isDeepStrictEqual(same.output, pair.output))
      refuse(`${JSON.stringify(pair.input)} has two results: ${show(same.output)} and ${show(pair.output)}`);
  }
  return found;
}

function commonType(values: readonly (Value | undefined)[], what: string): ValueType {
  const types = new Set(values.map(typeOf));
  const [type] = types;
  if (types.size !== 1 || type === undefined) refuse(`The types of ${what} differ: ${[...types].join(', ')}`);
  return type ?? 'number';
}

function typeOf(value: Value | undefined): ValueType | undefined {
  switch (typeof value) {
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    default:
      return Array.isArray(value) ? 'number[]' : undefined;
  }
}

function notesOn({ pairs: asked }: FeatureRequest, pairs: readonly Pair[]): string[] {
  const repeated = asked.length - pairs.length;
  const results = new Set(pairs.map(({ output }) => show(output)));
  const isEmpty = (value: Value): boolean =>
    value === '' || value === 0 || (Array.isArray(value) && value.length === 0);
  return [
    ...(repeated > 0 ? [`${repeated} rows say nothing new`] : []),
    ...(results.size === 1 ? ['every row has the same result: a constant would do'] : []),
    ...(pairs.some(({ input }) => input.some(isEmpty)) ? [] : ['no row has an empty or zero argument']),
  ];
}

function show(value: Value): string {
  return JSON.stringify(value);
}

function refuse(why: string): never {
  throw new TaskFailure('INCONSISTENT_TABLE', why, { retryable: false });
}
