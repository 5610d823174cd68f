import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { publicRoutes } from '#core/contract/approval-link.ts';
import { clientFrames } from '#core/contract/client-frames.ts';
import { frameExamples } from '#core/contract/frame-examples.ts';
import type { Operation } from '#core/contract/operation.ts';
import { answerOperations } from '#core/contract/operations/answers.ts';
import { operations } from '#core/contract/operations/operations.ts';
import { routes } from '#core/contract/routes.ts';
import packageJson from '../../../../package.json' with { type: 'json' };
import { asyncapi } from '../../../../scripts/specs/asyncapi.ts';
import { lintSpec } from '../../../../scripts/specs/lint-spec.ts';
import { openapi } from '../../../../scripts/specs/openapi.ts';

const AnyObject = z.record(z.string(), z.unknown());
const Paths = z.looseObject({ paths: z.record(z.string(), AnyObject) });

const specs = { 'openapi.json': openapi(packageJson.version), 'asyncapi.json': asyncapi(packageJson.version) };
const committed = (name: string): string => readFileSync(`functions/http/specs/${name}`, 'utf8');

describe.each(Object.entries(specs))('%s', (name, spec) => {
  it('is committed as the contract says (else: npm run specs)', () => {
    expect(JSON.parse(committed(name))).toEqual(JSON.parse(JSON.stringify(spec)));
  });

  it('has nothing that the linter has anything against', async () => {
    expect(await lintSpec(committed(name), `${process.cwd()}/functions/http/specs/${name}`)).toEqual([]);
  });
});

describe('the description of the HTTP API', () => {
  it('has an operation for every route, and no other', () => {
    const { paths } = Paths.parse(JSON.parse(committed('openapi.json')));
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual([...routes.map(({ key }): string => key), ...publicRoutes].toSorted());
  });

  it.each(
    Object.entries<Operation>({ ...operations, ...answerOperations }).filter(
      ([, { example }]) => example !== undefined,
    ),
  )('shows a request of %s that is valid', (_key, { input, example }) => {
    const { params: _params, ...shape } = input.shape;
    const shown = new Map<string, unknown>(Object.entries({ query: {}, ...example }));
    const parsed = Object.entries(shape).map(([part, schema]) => ({
      part,
      error: schema.safeParse(shown.get(part)).error?.message,
    }));
    expect(parsed.filter(({ error }) => error !== undefined)).toEqual([]);
  });

  it('shows a body wherever one is needed', () => {
    const silent = Object.entries<Operation>({ ...operations, ...answerOperations }).filter(
      ([, { input, example }]) => {
        const { body } = input.shape;
        return body !== undefined && !body.safeParse(undefined).success && example?.body === undefined;
      },
    );
    expect(silent.map(([key]) => key)).toEqual([]);
  });
});

describe('the description of the WebSocket API', () => {
  it.each(Object.entries(clientFrames))('shows a %s that is valid', (type, schema) => {
    expect(schema.safeParse(new Map<string, unknown>(Object.entries(frameExamples)).get(type)).error).toBeUndefined();
  });
});

describe('the schemas of the description', () => {
  const spec = JSON.parse(committed('openapi.json'));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ $id: 'spec', ...spec });

  it.each(
    Object.entries<Operation>({ ...operations, ...answerOperations }).filter(
      ([, { example }]) => example?.body !== undefined,
    ),
  )('take the body that %s shows', (key, { example }) => {
    const [method = '', path = ''] = key.split(' ');
    const pointer = [path, method.toLowerCase()]
      .map((part) => encodeURIComponent(part.replaceAll('/', '~1')))
      .join('/');
    const validate = ajv.getSchema(`spec#/paths/${pointer}/requestBody/content/application~1json/schema`);
    expect(validate?.(example?.body)).toBe(true);
    expect(validate?.({ ...AnyObject.parse(example?.body), surprise: 1 })).toBe(false);
  });
});
