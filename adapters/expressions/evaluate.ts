import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import jsonata from 'jsonata';
import * as z from 'zod';
import { isDeeperThan, Json, jsonBytes } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';

/** What is asked of whoever evaluates, as it travels to a worker. */
export const Question = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('check-transform'), source: z.string() }),
  z.strictObject({ kind: z.literal('check-schema'), schema: Json }),
  z.strictObject({ kind: z.literal('transform'), source: z.string(), value: Json }),
  z.strictObject({ kind: z.literal('validate'), schema: Json, value: Json }),
]);
export type Question = z.infer<typeof Question>;

/** `problem` is what the author is told; without one there is a `value`. */
export const Evaluated = z.union([z.strictObject({ value: Json }), z.strictObject({ problem: z.string() })]);
export type Evaluated = z.infer<typeof Evaluated>;

/** Deeper than anybody writes by hand; what nests without end is stopped by it before it fills the stack. */
const maxNesting = 64;
/** JSONata's own limits inside one evaluation: time, calls within calls, elements of one sequence. */
const bounds = { timeout: limits.expressionMs, stack: 200, sequence: 100_000 };
const draft = '2020-12';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const reasonOf = (error: unknown): string => {
  const message = isObject(error) || error instanceof Error ? String(Reflect.get(error, 'message')) : String(error);
  return message.slice(0, 500);
};

const compile = (source: string): jsonata.Expression => {
  if (Buffer.byteLength(source) > limits.expressionBytes)
    throw new Error(`It is longer than ${limits.expressionBytes} bytes.`);
  const expression = jsonata(source, bounds);
  if (isDeeperThan(expression.ast(), maxNesting)) throw new Error(`It is nested deeper than ${maxNesting} levels.`);
  return expression;
};

/** Names that `type` may have. An unknown one would make a schema that nothing fits, without a word. */
const types: readonly unknown[] = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];

/** Keywords whose members are names of the author's, not keywords. */
const named: readonly string[] = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
/** Keywords whose value is data, not a schema. */
const data: readonly string[] = ['const', 'enum', 'default', 'examples'];

const checkKeyword = (keyword: string, value: unknown): void => {
  if (keyword === 'type' && ![value].flat().every((name) => types.includes(name)))
    throw new Error(`${JSON.stringify(value)} is no type.`);
  if (keyword === '$ref' && !(typeof value === 'string' && value.startsWith('#')))
    throw new Error(`$ref ${JSON.stringify(value)} leads outside of the schema.`);
  // As the validator will read it.
  if (keyword === 'pattern') RegExp(String(value), 'u');
  if (keyword === 'patternProperties' && isObject(value)) for (const name of Object.keys(value)) RegExp(name, 'u');
};

const checkSchema = (schema: unknown): void => {
  if (Array.isArray(schema)) return schema.forEach(checkSchema);
  if (!isObject(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (data.includes(keyword)) continue;
    checkKeyword(keyword, value);
    if (named.includes(keyword) && isObject(value)) Object.values(value).forEach(checkSchema);
    else checkSchema(value);
  }
};

const isSchema = (schema: unknown): schema is Schema => isObject(schema);

const validatorOf = (schema: Json): Validator => {
  if (!isSchema(schema)) throw new Error('A schema is an object.');
  if (jsonBytes(schema) > limits.schemaBytes) throw new Error(`It is longer than ${limits.schemaBytes} bytes.`);
  if (isDeeperThan(schema, maxNesting)) throw new Error(`It is nested deeper than ${maxNesting} levels.`);
  checkSchema(schema);
  return new Validator(schema, draft, true);
};

/** The innermost place that does not fit says most; outer ones only that something inside does not. */
const describe = (errors: readonly OutputUnit[]): string => {
  const innermost = errors.toSorted((a, b) => b.instanceLocation.length - a.instanceLocation.length)[0];
  const place = innermost?.instanceLocation.replace(/^#\/?/, '') ?? '';
  return `${place === '' ? 'The value' : `"${place}"`} does not fit: ${innermost?.error ?? 'unknown'}`.slice(0, 500);
};

/** A function has no JSON; it is left out, as `JSON.stringify` leaves those of JavaScript out. */
const withoutFunctions = (_name: string, value: unknown): unknown =>
  isObject(value) && (value['_jsonata_function'] === true || value['_jsonata_lambda'] === true) ? undefined : value;

const transform = async (source: string, value: Json): Promise<Evaluated> => {
  const result: unknown = await compile(source).evaluate(value);
  const plain = Json.safeParse(
    result === undefined ? null : JSON.parse(JSON.stringify(result, withoutFunctions) ?? 'null'),
  );
  if (!plain.success) return { problem: 'It gives what is not JSON.' };
  const bytes = jsonBytes(plain.data);
  if (bytes <= limits.expressionResultBytes) return { value: plain.data };
  return { problem: `It gives ${bytes} bytes; at most ${limits.expressionResultBytes} are taken.` };
};

const answer = async (question: Question): Promise<Evaluated> => {
  switch (question.kind) {
    case 'check-transform':
      compile(question.source);
      return { value: null };
    case 'check-schema':
      validatorOf(question.schema);
      return { value: null };
    case 'transform':
      return transform(question.source, question.value);
    case 'validate': {
      const { valid, errors } = validatorOf(question.schema).validate(question.value);
      return { value: valid ? null : describe(errors) };
    }
  }
};

/** Evaluates in place; nothing is thrown but what would be a mistake of ours. */
export const evaluate = async (question: Question): Promise<Evaluated> => {
  try {
    return await answer(question);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
};
