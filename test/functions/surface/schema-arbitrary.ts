import * as fc from 'fast-check';
import * as z from 'zod';

const Schema = z.looseObject({
  $ref: z.string().optional(),
  allOf: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  type: z.string().optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  items: z.unknown().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  propertyNames: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
});
type Schema = z.infer<typeof Schema>;

/** Deeper than this, what may be left out is. */
const deepest = 4;
/** Lists and maps of more entries show nothing new. */
const mostEntries = 2;

const small = fc.oneof(fc.constant(null), fc.boolean(), fc.integer({ min: -9, max: 9 }), fc.string({ maxLength: 8 }));
const anyJson = fc.oneof(
  small,
  fc.array(small, { maxLength: 2 }),
  fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), small, { maxKeys: 2 }),
);

const textOf = ({ format, pattern, minLength = 0, maxLength = Infinity }: Schema): fc.Arbitrary<unknown> => {
  // A pattern bounds itself, or is bounded by the schema.
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern)).filter((text) => text.length <= maxLength);
  if (format === 'uri') return fc.constant('https://example.org/x');
  if (format === 'date') return fc.constant('2026-11-20');
  return fc.string({ minLength, maxLength: Math.min(Math.max(minLength, 12), maxLength) });
};

const numberOf = ({ type, minimum, exclusiveMinimum, maximum }: Schema): fc.Arbitrary<unknown> => {
  const min = minimum ?? (exclusiveMinimum === undefined ? 0 : exclusiveMinimum + 1);
  const max = Math.min(maximum ?? min + 1000, min + 100_000);
  return type === 'integer'
    ? fc.integer({ min: Math.ceil(min), max: Math.floor(Math.max(min, max)) })
    : // Numbers that say something: those below what an item can hold are refused, and tried elsewhere.
      fc.double({ min, max, noNaN: true }).map((value) => Number(value.toFixed(6)));
};

/** Values that a JSON Schema of the description takes, as far as a schema can tell. */
export const arbitraryOf = (schemas: Readonly<Record<string, unknown>>) => {
  const resolve = (value: unknown): Schema => {
    const schema = Schema.parse(value);
    if (schema.$ref !== undefined) return resolve(schemas[schema.$ref.replace('#/components/schemas/', '')]);
    if (schema.allOf?.length === 1) return resolve(schema.allOf[0]);
    return schema;
  };

  const objectOf = (schema: Schema, depth: number): fc.Arbitrary<unknown> => {
    const required = new Set(schema.required);
    const names = Object.keys(schema.properties ?? {}).filter((name) => required.has(name) || depth < deepest);
    const fields = Object.fromEntries(names.map((name) => [name, any(schema.properties?.[name], depth + 1)]));
    const fixed = fc.record(fields, { requiredKeys: names.filter((name) => required.has(name)) });
    if (schema.properties !== undefined || typeof schema.additionalProperties !== 'object') return fixed;
    const name =
      schema.propertyNames === undefined ? fc.stringMatching(/^[a-z]{1,6}$/) : any(schema.propertyNames, depth + 1);
    const entry = fc.tuple(name.map(String), any(schema.additionalProperties, depth + 1));
    return fc.array(entry, { maxLength: mostEntries }).map((entries) => Object.fromEntries(entries));
  };

  const listOf = ({ items = {}, minItems = 0, maxItems = mostEntries }: Schema, depth: number): fc.Arbitrary<unknown> =>
    fc.array(any(items, depth + 1), {
      minLength: minItems,
      maxLength: Math.max(minItems, Math.min(maxItems, mostEntries)),
    });

  /** Where a schema says which values there are, or which schemas one of them has. */
  const chosenFrom = (schema: Schema, depth: number): fc.Arbitrary<unknown> | undefined => {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const branches = schema.anyOf ?? schema.oneOf;
    return branches === undefined ? undefined : fc.oneof(...branches.map((branch) => any(branch, depth + 1)));
  };

  const any = (value: unknown, depth = 0): fc.Arbitrary<unknown> => {
    const schema = resolve(value);
    const chosen = chosenFrom(schema, depth);
    if (chosen !== undefined) return chosen;
    switch (schema.type) {
      case 'string':
        return textOf(schema);
      case 'integer':
      case 'number':
        return numberOf(schema);
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'array':
        return listOf(schema, depth);
      case 'object':
        return objectOf(schema, depth);
      default:
        return anyJson;
    }
  };
  return any;
};

/** Anything at all as a body: most of it is none. */
export const anyBody = anyJson;
