import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import * as z from 'zod';

const Parameter = z.looseObject({
  name: z.string().optional(),
  in: z.string().optional(),
  required: z.boolean().optional(),
  schema: z.unknown().optional(),
  $ref: z.string().optional(),
  example: z.unknown().optional(),
});
const Content = z.record(z.string(), z.looseObject({ schema: z.unknown(), example: z.unknown().optional() }));
const OperationObject = z.looseObject({
  /** None of what needs no key. */
  'x-scope': z.string().optional(),
  parameters: z.array(Parameter).default([]),
  requestBody: z.looseObject({ required: z.boolean(), content: Content }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: Content.optional() })),
});
const Description = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), OperationObject)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

/** One operation of a served description. */
export interface Described {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly scope: string;
  readonly query: readonly z.infer<typeof Parameter>[];
  readonly takesIfMatch: boolean;
  readonly body: unknown;
  readonly example: unknown;
  /** Documented statuses, without `default`. */
  readonly statuses: readonly number[];
}

const isConflict = (body: unknown): boolean => z.looseObject({ code: z.literal('CONFLICT') }).safeParse(body).success;

/** A served OpenAPI description, with a validator for what each operation may answer. */
export class ServedDescription {
  readonly operations: readonly Described[];
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #parsed: z.infer<typeof Description>;

  constructor(served: unknown) {
    this.#parsed = Description.parse(served);
    this.schemas = this.#parsed.components.schemas;
    formats.default(this.#ajv);
    this.#ajv.addSchema({ ...this.#parsed, $id: 'spec' });
    this.operations = Object.entries(this.#parsed.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]): readonly Described[] => {
        // Those of people with a link have tests of their own: a probe has a key and no link.
        const scope = operation['x-scope'];
        if (scope === undefined) return [];
        const json = operation.requestBody?.content['application/json'];
        const described: Described = {
          key: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          path,
          scope,
          query: operation.parameters.filter((parameter) => parameter.in === 'query'),
          takesIfMatch: operation.parameters.some(({ $ref }) => $ref?.endsWith('/IfMatch') === true),
          body: json?.schema,
          example: json?.example,
          statuses: Object.keys(operation.responses)
            .map(Number)
            .filter((status) => !Number.isNaN(status)),
        };
        return [described];
      }),
    );
  }

  /** What is wrong with an answer, by the description; `undefined` when nothing is. */
  fault(
    operation: Described,
    answer: { readonly status: number; readonly contentType: string; readonly body: unknown },
  ): string | undefined {
    const known = this.#parsed.paths[operation.path]?.[operation.method.toLowerCase()];
    const response = known?.responses[String(answer.status)];
    // What is lost to a race is described by `default`; anything else has its own line.
    if (response === undefined && answer.status === 409 && isConflict(answer.body)) return undefined;
    if (response === undefined) return `the status ${answer.status} is not described`;
    if (response.content === undefined)
      return answer.body === '' ? undefined : 'there is a body where none is described';
    // A type may have parameters, such as its version.
    const base = (type: string): string | undefined => type.split(';')[0];
    const described = Object.keys(response.content).find((type) => base(type) === base(answer.contentType));
    return described === undefined
      ? `${answer.status} as ${answer.contentType} is not described`
      : this.#misfit(operation, answer, described);
  }

  #misfit(operation: Described, answer: { readonly status: number; readonly body: unknown }, type: string) {
    const validate = this.#validatorOf(operation, answer.status, type);
    return validate === undefined || validate(answer.body) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  #validatorOf({ path, method }: Described, status: number, type: string): ValidateFunction | undefined {
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema']
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    return this.#ajv.getSchema(`spec#/${pointer}`);
  }
}
