import jsonata from 'jsonata';
import { isExpression } from './definition.ts';
import { endOfErrorSentence, expressionSource } from './expression-source.ts';
import { isRecord, jsonTypeOf, toJson } from './json.ts';
import { type FunctionSources, registerFunctions } from './jsonata-functions.ts';
import { EvaluationError } from './state-error.ts';

/** `$states` and the variables in scope, by name without the dollar. */
export type Bindings = Readonly<Record<string, unknown>>;

/** Evaluates the JSONata of a definition. Compiled expressions are kept. */
export interface Expressions {
  /**
   * Replaces every expression inside a template by its value. `field` is the template's path, for messages.
   * @throws {@link EvaluationError} when an expression throws, or its value is undefined or not JSON.
   */
  evaluate(template: unknown, field: string, bindings: Bindings): Promise<unknown>;
}

/**
 * Bounds of one evaluation. Depth and sequence are AWS's, as measured there: a sum of 100 terms, a sequence of 873,782
 * numbers. What a computer does in five seconds differs anyway.
 */
const limits = { timeout: 5000, stack: 100, sequence: 873_782 };

function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return isRecord(value) && (value['_jsonata_function'] === true || value['_jsonata_lambda'] === true);
}

/** What AWS writes for a value that JSON has no words for: the name of a number that is not finite, nothing for a function. */
function writable(item: unknown): unknown {
  if (typeof item === 'number' && !Number.isFinite(item)) return String(item);
  return isFunction(item) ? undefined : item;
}

/** Plain JSON: without the marks JSONata leaves on its arrays, and without functions. */
function toPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return writable(value);
  const plain: unknown = JSON.parse(JSON.stringify(value, (_key, item: unknown) => writable(item)));
  return plain;
}

/**
 * Fails unless a field's value has the JSON type it needs.
 * @throws {@link EvaluationError} in AWS's words.
 */
export function expectType(
  value: unknown,
  expected: 'array' | 'number' | 'boolean' | 'string',
  origin: { readonly template: unknown; readonly field: string },
): void {
  const actual = jsonTypeOf(value);
  if (actual === expected) return;
  const source = isExpression(origin.template) ? expressionSource(origin.template) : toJson(origin.template);
  throw new EvaluationError(
    `The JSONata expression '${source}' specified for the field '${origin.field}' returned an unexpected result type. ` +
      `Expected '${expected}', but was '${actual}' for value: ${toJson(value)}`,
    origin.field,
  );
}

/** Makes an evaluator whose `$now` and `$random` come from the given sources. */
export function createExpressions(sources: FunctionSources): Expressions {
  const compiled = new Map<string, jsonata.Expression>();

  function compile(source: string): jsonata.Expression {
    const known = compiled.get(source);
    if (known) return known;
    const expression = jsonata(source, limits);
    registerFunctions(expression, sources);
    compiled.set(source, expression);
    return expression;
  }

  async function run(text: string, field: string, bindings: Bindings): Promise<unknown> {
    const source = expressionSource(text);
    const about = `The JSONata expression '${source}' specified for the field '${field}'`;
    let value: unknown;
    try {
      value = await compile(source).evaluate(undefined, { ...bindings });
    } catch (error) {
      throw new EvaluationError(`${about} threw an error during evaluation${endOfErrorSentence(error)}`, field);
    }
    if (value === undefined) throw new EvaluationError(`${about} returned nothing (undefined).`, field);
    if (isFunction(value)) {
      const detail = `The JSONata expression '${source}' specified for the field '${field}' returned an unsupported result type.`;
      throw new EvaluationError(detail, field);
    }
    return toPlain(value);
  }

  async function evaluate(template: unknown, field: string, bindings: Bindings): Promise<unknown> {
    if (isExpression(template)) return run(template, field, bindings);
    if (Array.isArray(template)) {
      const items: unknown[] = [];
      for (const [index, item] of template.entries()) items.push(await evaluate(item, `${field}[${index}]`, bindings));
      return items;
    }
    if (!isRecord(template)) return template;
    const fields: [string, unknown][] = [];
    for (const [key, item] of Object.entries(template)) {
      fields.push([key, await evaluate(item, `${field}/${key}`, bindings)]);
    }
    return Object.fromEntries(fields);
  }

  return { evaluate };
}
