import { describe, expect, it } from 'vitest';
import { createWorkerExpressions } from '#adapters/expressions/worker-expressions.ts';
import type { Json } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { ExpressionError } from '#core/ports/expressions.ts';

const expressions = createWorkerExpressions();
const nested = (levels: number): string => `${'('.repeat(levels)}1${')'.repeat(levels)}`;

describe('a transformation', () => {
  it.each<[string, Json, Json]>([
    ['name', { name: 'x' }, 'x'],
    ['$sum(items.price)', { items: [{ price: 1 }, { price: 2 }] }, 3],
    ['{ "total": $count($), "first": $[0] }', ['a', 'b'], { total: 2, first: 'a' }],
    ['nothing.there', {}, null],
    ['$sum', {}, null],
    ['items[price > 1]', { items: [{ price: 1 }, { price: 2 }] }, { price: 2 }],
  ])('%s', async (source, value, expected) => expect(await expressions.transform(source, value)).toEqual(expected));

  it.each<[string, string, RegExp]>([
    ['calls itself for ever', '($f := function() { $f() + 1 }; $f())', /stack|too long|time/i],
    ['loops for ever', '($f := function() { $f() }; $f())', /stack|too long|time/i],
    ['backtracks for ever', "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /^(a+)+$/)", /too long/],
    ['gives too much', '$pad("", 2000000)', /at most/],
    ['throws', '$number("x")', /number/],
  ])('that %s is stopped, and the next one is answered', { timeout: 30_000 }, async (_what, source, message) => {
    await expect(expressions.transform(source, null)).rejects.toThrow(message);
    expect(await expressions.transform('1 + 1', null)).toBe(2);
  });

  it.each(['process', 'globalThis', '$eval("process")', '$.constructor', '$toString.constructor("return 1")()'])(
    'reaches nothing of the process by %s',
    async (source) => expect(await expressions.transform(source, { a: 1 }).catch(() => null)).toBeNull(),
  );

  it('is given no more than it may give', async () =>
    expect(expressions.transform('$', 'x'.repeat(limits.expressionResultBytes))).rejects.toThrow(ExpressionError));

  it.each([
    ['not JSONata', '{{', /./],
    ['too long', `"${'x'.repeat(limits.expressionBytes)}"`, /longer than/],
    ['nested too deep', nested(200), /nested|stack/i],
  ])('is refused when it is %s', async (_what, source, message) =>
    expect(await expressions.problemWith({ kind: 'transform', source })).toMatch(message),
  );

  it('is taken when it can be compiled', async () =>
    expect(await expressions.problemWith({ kind: 'transform', source: '$sum(x)' })).toBeUndefined());
});

describe('a schema', () => {
  const schema: Json = {
    type: 'object',
    required: ['list'],
    properties: {
      list: { type: 'array', items: { $ref: '#/$defs/entry' } },
      default: { type: 'string', pattern: '^[a-z]+$' },
    },
    $defs: { entry: { type: 'object', required: ['n'], properties: { n: { type: 'integer', minimum: 1 } } } },
  };

  it.each<[Json, RegExp]>([
    [{ list: [{ n: 1 }] }, /^undefined$/],
    [{ list: [], default: 'abc' }, /^undefined$/],
    [{}, /list/],
    [{ list: [{ n: 0 }] }, /list\/0\/n/],
    [{ list: [{ n: 'x' }] }, /list\/0\/n/],
    [{ list: [], default: 'ABC' }, /default/],
    ['text', /The value/],
  ])('says where %j does not fit', async (value, message) =>
    expect(String(await expressions.misfit(schema, value))).toMatch(message),
  );

  it('that backtracks for ever is stopped', { timeout: 30_000 }, async () => {
    const hostile: Json = { type: 'string', pattern: '^(a+)+$' };
    await expect(expressions.misfit(hostile, `${'a'.repeat(40)}!`)).rejects.toThrow(/too long/);
    expect(await expressions.misfit(hostile, 'aaa')).toBeUndefined();
  });

  it.each<[string, Json, RegExp]>([
    ['names an unknown type', { type: 'text' }, /"text" is no type/],
    ['names one inside', { properties: { a: { items: { type: ['string', 'text'] } } } }, /no type/],
    ['leads elsewhere', { $ref: 'https://example.com/schema' }, /outside/],
    ['has a pattern that is none', { pattern: '(' }, /./],
    ['is too long', { description: 'x'.repeat(limits.schemaBytes) }, /longer than/],
    ['is no object', [], /an object/],
  ])('is refused when it %s', async (_what, given, message) =>
    expect(await expressions.problemWith({ kind: 'schema', schema: given })).toMatch(message),
  );

  it('is taken with names and data that look like keywords', async () => {
    const odd: Json = { properties: { type: { const: 'text' }, $ref: { enum: ['x'] } }, default: { type: 'text' } };
    expect(await expressions.problemWith({ kind: 'schema', schema: odd })).toBeUndefined();
  });
});
