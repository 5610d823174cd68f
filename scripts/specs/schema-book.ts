import * as z from 'zod';
import { Json, KeptJson } from '#core/contract/json.ts';
import { nameSchemas } from './schema-names.ts';

/** A JSON Schema, or any other part of a description. */
export type Part = Readonly<Record<string, unknown>>;

const Node = z.record(z.string(), z.unknown());
const AnyObject = z.record(z.string(), z.unknown());

/** Whether a value is meant as it is sent (defaults may be missing) or as it comes (they are there). */
type Direction = 'input' | 'output';

/** Any JSON value: said once, in words, instead of a schema that says the same by recursion. */
const anyJson: Part = { description: 'Any JSON value.' };

const isNoise = (key: string, value: unknown): boolean =>
  (key === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
  (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) ||
  (key === 'propertyNames' && JSON.stringify(value) === '{"type":"string"}');

const mapNodes = (value: unknown, change: (node: Part) => Part): unknown => {
  if (Array.isArray(value)) return value.map((entry: unknown) => mapNodes(entry, change));
  const node = AnyObject.safeParse(value);
  if (!node.success) return value;
  const inner = Object.entries(node.data).flatMap(([key, entry]): [string, unknown][] =>
    isNoise(key, entry) ? [] : [[key, mapNodes(entry, change)]],
  );
  return change(Object.fromEntries(inner));
};

const refsIn = (value: unknown): readonly string[] =>
  [...JSON.stringify(value).matchAll(/"#\/\$defs\/([^"]+)"/g)].map(([, name]) => name ?? '');

/** One schema as JSON Schema beside the named schemas that it uses. */
const convert = (schema: z.ZodType, io: Direction): { readonly root: Part; readonly defs: Record<string, Part> } => {
  // Wrapped, because a named schema is told by reference only inside another.
  const whole = z.toJSONSchema(z.object({ root: schema }), {
    io,
    target: 'draft-2020-12',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== Json && zodSchema !== KeptJson) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, anyJson);
    },
  });
  const { properties, $defs = {} } = z
    .looseObject({ properties: Node, $defs: z.record(z.string(), Node).optional() })
    .parse(whole);
  const defs = Object.entries($defs).filter(([name]) => !name.startsWith('__'));
  const clean = (part: unknown): Part => Node.parse(mapNodes(part, (node) => node));
  return {
    root: clean(properties['root']),
    defs: Object.fromEntries(defs.map(([name, part]) => [name, name === 'Json' ? anyJson : clean(part)])),
  };
};

/**
 * Schemas of a description: each named one stands once among the components, and everything else refers to it. A named
 * schema that differs between sending and receiving has a second component, `<Name>Input`.
 */
export class SchemaBook {
  readonly #defs: Record<Direction, Map<string, Part>> = { input: new Map(), output: new Map() };

  constructor() {
    nameSchemas();
  }

  /** A schema as it is sent or as it comes, referring to components that `components` answers once all are added. */
  add(schema: z.ZodType, io: Direction): () => Part {
    const { root, defs } = convert(schema, io);
    for (const [name, part] of Object.entries(defs)) this.#defs[io].set(name, part);
    return () => this.#linked(root, io);
  }

  /** The named schemas, by name. */
  components(): Readonly<Record<string, Part>> {
    const twofold = this.#twofold();
    const inputs = [...this.#defs.input].map(([name, part]): [string, Part] => [
      twofold.has(name) ? `${name}Input` : name,
      this.#linked(part, 'input'),
    ]);
    const outputs = [...this.#defs.output].map(([name, part]): [string, Part] => [name, this.#linked(part, 'output')]);
    return Object.fromEntries([...inputs, ...outputs].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Names whose two directions differ, by themselves or by what they refer to. */
  #twofold(): ReadonlySet<string> {
    const { input, output } = this.#defs;
    const shared = [...input.keys()].filter((name) => output.has(name));
    const differing = new Set(
      shared.filter((name) => JSON.stringify(input.get(name)) !== JSON.stringify(output.get(name))),
    );
    for (let before = -1; before !== differing.size; ) {
      before = differing.size;
      for (const name of shared) if (refsIn(input.get(name)).some((ref) => differing.has(ref))) differing.add(name);
    }
    return differing;
  }

  #linked(part: Part, io: Direction): Part {
    const twofold = this.#twofold();
    const nameOf = (name: string): string => (io === 'input' && twofold.has(name) ? `${name}Input` : name);
    const link = ({ $ref, ...rest }: Part): Part => {
      if (typeof $ref !== 'string') return rest;
      const target = {
        $ref: $ref.replace(/^#\/\$defs\/(.+)$/, (_whole, name: string) => `#/components/schemas/${nameOf(name)}`),
      };
      // AsyncAPI takes nothing beside a reference.
      return Object.keys(rest).length === 0 ? target : { ...rest, allOf: [target] };
    };
    return Node.parse(mapNodes(part, link));
  }
}
