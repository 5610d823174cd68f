import * as z from 'zod';
import { publicRoutes } from '#core/contract/approval-link.ts';
import { type ErrorCode, errorCodes } from '#core/contract/error-codes.ts';
import { limits } from '#core/contract/limits.ts';
import { commonRefusals, type Operation } from '#core/contract/operation.ts';
import { answerOperations, type PublicOperation } from '#core/contract/operations/answers.ts';
import { operations } from '#core/contract/operations/operations.ts';
import { Problem } from '#core/contract/problem.ts';
import { type Route, routes } from '#core/contract/routes.ts';
import { type Part, SchemaBook } from './schema-book.ts';

const AnyObject = z.record(z.string(), z.unknown());
const PropertySchemas = z.looseObject({
  properties: z.record(z.string(), AnyObject).default({}),
  required: z.array(z.string()).default([]),
});

/** What API Gateway itself answers before a function is asked. */
const GatewayRefusal = z.looseObject({ message: z.string() }).meta({ id: 'GatewayRefusal' });

const tags: Readonly<Record<Route['family'] | 'answers', string>> = {
  agents: 'Agents: what they can do, how loaded they are, whether they take work',
  tasks: 'Tasks and what went wrong with them',
  events: 'What happens to tasks and runs, as it happens',
  workflows: 'Workflow definitions and their versions',
  runs: 'Runs of workflows',
  triggers: 'Events and times that start workflows',
  payloads: 'Payloads that are too large for a request',
  state: 'What agents share: counters, sets and maps that merge',
  system: 'Settings, audit, health',
  access: 'API keys, tickets and tenants',
  specs: 'The descriptions of the APIs',
  answers: 'What people are asked who have a link and no key',
};

const statusText: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Created, or found again by its `Idempotency-Key`.',
  204: 'Done; there is nothing to tell.',
  400: 'Something in the request is not valid; `field` says what.',
  401: 'No credential was sent.',
  403: 'The credential is not valid, or may not do this.',
  404: 'There is no such thing; another tenant’s is answered the same.',
  409: 'It is in a state, or changed at the moment, that does not allow this.',
  412: '`If-Match` names another version than the present one.',
  413: 'Larger than what is taken; `limit` says how much is.',
  422: 'The `Idempotency-Key` was used for a different request.',
  429: 'Too much for now; come back after `Retry-After`.',
  500: 'A fault of the platform.',
  501: 'Needs agents that the platform manages; those do not exist yet.',
  503: 'The platform cannot do this at the moment; come back after `Retry-After`.',
};

/** `GET /v1/tasks/{taskId}/explain` → `getTasksByTaskIdExplain`. */
const operationIdOf = (key: string): string => {
  const [method = '', path = ''] = key.split(' ');
  const words = path
    .split('/')
    .slice(2)
    .flatMap((segment) => (segment.startsWith('{') ? `by-${segment.slice(1, -1)}` : segment).split('-'));
  return method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
};

/** Which codes each status of refusal has on a route. */
const refusalsOf = (key: string, operation: Operation): ReadonlyMap<number, readonly ErrorCode[]> => {
  const { params, body } = operation.input.shape;
  const codes = new Set<ErrorCode>([
    ...commonRefusals,
    ...(params === undefined ? [] : (['NOT_FOUND'] as const)),
    ...(body === undefined ? [] : (['PAYLOAD_TOO_LARGE'] as const)),
    ...(key.startsWith('POST ') && operation.isMissing !== true && (operation.repeat ?? 'stored') === 'stored'
      ? (['IDEMPOTENCY_MISMATCH'] as const)
      : []),
    ...(operation.refuses ?? []),
    'INTERNAL',
    'UNAVAILABLE',
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes)
    byStatus.set(errorCodes[code].status, [...(byStatus.get(errorCodes[code].status) ?? []), code]);
  return byStatus;
};

const problem = (status: number, codes: readonly ErrorCode[]): Part => {
  const ref = { $ref: '#/components/schemas/Problem' };
  const isOfGateway = status === 401 || status === 403;
  return {
    description: `${statusText[status] ?? ''} Codes: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    ...(codes.some((code) => errorCodes[code].retryable)
      ? { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }
      : {}),
    content: {
      ...(isOfGateway ? { 'application/json': { schema: { $ref: '#/components/schemas/GatewayRefusal' } } } : {}),
      'application/problem+json': { schema: ref },
    },
  };
};

/** Parameters of the path or the query, from the object schema that parses them. */
const parametersOf = (
  place: 'path' | 'query',
  schema: Part,
  example: Readonly<Record<string, string>>,
): readonly Part[] => {
  const { properties, required } = PropertySchemas.parse(schema);
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
    ...(example[name] === undefined
      ? {}
      : { example: rest['type'] === 'integer' ? Number(example[name]) : example[name] }),
  }));
};

const headerParameters = (key: string, operation: Operation): readonly Part[] => [
  ...(key.startsWith('POST ') ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ...(operation.isVersioned === true && !key.startsWith('GET ') ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
];

/** What a person with a browser gets in place of JSON. */
const page: Part = { 'text/html': { schema: { type: 'string' } } };

const replyOf = ({ reply, isVersioned }: Operation, schema: Part | undefined, isPublic: boolean): Part => ({
  description: statusText[reply.status],
  ...(isVersioned === true ? { headers: { ETag: { $ref: '#/components/headers/ETag' } } } : {}),
  ...(schema === undefined
    ? {}
    : { content: { [reply.mediaType ?? 'application/json']: { schema }, ...(isPublic ? page : {}) } }),
});

const requestBodyOf = ({ input, example, formBody }: PublicOperation, schema: Part): Part => ({
  required: input.shape.body?.safeParse(undefined).success !== true,
  content: {
    'application/json': { schema, ...(example?.body === undefined ? {} : { example: example.body }) },
    ...(formBody === true ? { 'application/x-www-form-urlencoded': { schema } } : {}),
  },
});

/** A route of the API: without a scope it needs no key. */
interface Described {
  readonly key: string;
  readonly tag: keyof typeof tags;
  readonly scope?: Route['scope'];
  readonly operation: PublicOperation;
}

/** What a route answers: what it says itself, and why it may refuse. A key that is missing or wrong is none of who needs none. */
const responsesOf = (
  { key, scope, operation }: Described,
  parts: { readonly reply: (() => Part) | undefined; readonly alternative: (() => Part) | undefined },
): Part => {
  const { alternative, reply, isMissing } = operation;
  const refusals = [...refusalsOf(key, operation)].filter(
    ([status]) => scope !== undefined || (status !== 401 && status !== 403),
  );
  return {
    ...(alternative === undefined
      ? {}
      : {
          [alternative.status]: {
            description: alternative.when,
            content: { 'application/json': { schema: parts.alternative?.() } },
          },
        }),
    ...(isMissing === true ? {} : { [reply.status]: replyOf(operation, parts.reply?.(), scope === undefined) }),
    default: { $ref: '#/components/responses/Refusal' },
    ...Object.fromEntries(refusals.map(([status, codes]) => [status, problem(status, codes)])),
  };
};

const describe = (book: SchemaBook, described: Described): (() => readonly [string, string, Part]) => {
  const { key, tag, scope, operation } = described;
  const { params, query, body } = operation.input.shape;
  const parts = {
    params: params === undefined ? undefined : book.add(params, 'input'),
    query: book.add(query, 'input'),
    body: body === undefined ? undefined : book.add(body, 'input'),
    alternative: operation.alternative === undefined ? undefined : book.add(operation.alternative.body, 'output'),
    reply: operation.reply.body === undefined ? undefined : book.add(operation.reply.body, 'output'),
  };
  const [method = '', path = ''] = key.split(' ');
  return () => [
    path,
    method.toLowerCase(),
    {
      operationId: operationIdOf(key),
      summary: operation.summary,
      ...(operation.description === undefined ? {} : { description: operation.description }),
      tags: [tag],
      ...(scope === undefined ? { security: [] } : { 'x-scope': scope }),
      parameters: [
        ...(parts.params === undefined ? [] : parametersOf('path', parts.params(), operation.example?.params ?? {})),
        ...parametersOf('query', parts.query(), operation.example?.query ?? {}),
        ...(scope === undefined ? [] : headerParameters(key, operation)),
      ],
      ...(parts.body === undefined ? {} : { requestBody: requestBodyOf(operation, parts.body()) }),
      responses: responsesOf(described, parts),
    },
  ];
};

const fixedComponents = (schemas: Part): Part => ({
  schemas,
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', description: 'An API key, `mst_<tenant>_<keyId>_<secret>`.' },
  },
  responses: {
    Refusal: {
      description: 'Any other refusal, such as 409 `CONFLICT` when somebody else changed the same at the same moment.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
  headers: {
    RetryAfter: {
      description: 'Seconds after which the same request may succeed.',
      schema: { type: 'integer', minimum: 0 },
    },
    ETag: { description: 'The version that is answered, for `If-Match`.', schema: { type: 'string' } },
  },
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'Makes a repeat of this request the same request.',
      schema: { type: 'string', minLength: 1, maxLength: limits.idempotencyKeyLength },
    },
    IfMatch: {
      name: 'If-Match',
      in: 'header',
      required: false,
      description: 'Refuses the change unless this is the present version.',
      schema: { type: 'string' },
    },
  },
});

/** The HTTP API as OpenAPI 3.1, from the schemas that parse requests and shape answers. */
export const openapi = (version: string): Part => {
  const book = new SchemaBook();
  book.add(Problem, 'output');
  book.add(GatewayRefusal, 'output');
  const all: readonly Described[] = [
    ...routes.map(({ key, family, scope }) => ({ key, tag: family, scope, operation: operations[key] })),
    ...publicRoutes.map((key) => ({ key, tag: 'answers' as const, operation: answerOperations[key] })),
  ];
  const described = all.map((route) => describe(book, route)).map((finish) => finish());
  const paths = new Map<string, Record<string, Part>>();
  for (const [path, method, operation] of described) paths.set(path, { ...paths.get(path), [method]: operation });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster',
      version,
      summary: 'Runs fleets of AI agents.',
      description:
        'Agents hold a WebSocket, which asyncapi.json describes; everything else is here. Times are epoch milliseconds.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: 'http://127.0.0.1:4577', description: '`npm run dev -- --port 4577`' },
      {
        url: 'https://{apiId}.execute-api.{region}.amazonaws.com',
        description: 'A deployed stack: its output HttpUrl, without /v1',
        variables: { apiId: { default: 'api' }, region: { default: 'eu-west-1' } },
      },
    ],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    security: [{ bearer: [] }],
    paths: Object.fromEntries(paths),
    components: fixedComponents(book.components()),
  };
};
