import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '#event-pattern/compile-pattern.ts';
import { flattenEvent } from '#event-pattern/flatten-event.ts';
import { testEventPattern } from '#event-pattern/test-event-pattern.ts';
import { matchesWildcard, parseWildcard } from '#event-pattern/wildcard.ts';

const operators = ['prefix', 'suffix', 'wildcard', 'numeric', 'anything-but', 'exists', 'cidr', 'equals-ignore-case'];
const operand = fc.oneof(
  fc.constantFrom('*', 'a**b', '\\', '10.0.0.0/8', '::/0', '', '=', '<', '>='),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { pattern } = fc.letrec<{ pattern: unknown; node: unknown; expression: unknown }>((tie) => ({
  pattern: fc.dictionary(fc.constantFrom('a', 'b', '$or', 'a.b', 'prefix'), tie('node'), { maxKeys: 3 }),
  node: fc.oneof(
    { maxDepth: 4 },
    fc.array(fc.oneof(operand, tie('expression'), tie('pattern')), { maxLength: 3 }),
    tie('pattern'),
  ),
  expression: fc.dictionary(
    fc.constantFrom(...operators),
    fc.oneof({ maxDepth: 4 }, operand, fc.array(operand, { maxLength: 3 }), tie('expression')),
    { maxKeys: 2 },
  ),
}));

/** The event as a pattern that asks for each leaf; undefined where a leaf cannot be asked for. */
function patternOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return [value];
  const entries = Object.entries(value).map(([name, part]) => [name, patternOf(part)]);
  return Object.fromEntries(entries.filter(([, part]) => part !== undefined && JSON.stringify(part) !== '{}'));
}

describe('any pattern', () => {
  it('is answered or refused, never more', () => {
    fc.assert(
      fc.property(pattern, fc.json(), (given, event) => {
        const answer = testEventPattern(JSON.stringify(given), event);
        expect('match' in answer || answer.reason.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('may be any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(testEventPattern(text, '{}')).toHaveProperty('reason');
      }),
    );
  });
});

describe('an event', () => {
  it('matches the pattern that asks for its own leaves', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const { event } = fc.letrec<{ event: unknown }>((tie) => ({
      event: fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.oneof({ maxDepth: 3 }, leaf, tie('event')), {
        minKeys: 1,
      }),
    }));
    fc.assert(
      fc.property(event, (given) => {
        const asked = patternOf(given);
        fc.pre(JSON.stringify(asked) !== '{}');
        expect(testEventPattern(JSON.stringify(asked), JSON.stringify(given))).toEqual({ match: true });
      }),
    );
  });
});

describe('a wildcard', () => {
  it('matches what the regular expression of the same meaning matches', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '🎉'), { maxLength: 8 }).map((parts) => parts.join(''));
    const wildcard = fc.array(fc.constantFrom('a', 'b', '🎉', '*'), { maxLength: 8 }).map((parts) => {
      return parts.join('').replaceAll(/\*+/g, '*');
    });
    fc.assert(
      fc.property(wildcard, text, (given, value) => {
        const expected = new RegExp(`^${given.replaceAll('*', '.*')}$`, 'u').test(value);
        expect(matchesWildcard(parseWildcard(given), `"${value}"`)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe('hostile input', () => {
  it('is refused when it is nested without end', () => {
    const depth = 100_000;
    expect(testEventPattern('{"a":'.repeat(depth), '{}')).toMatchObject({
      reason: expect.stringContaining('nesting depth'),
    });
    expect(testEventPattern('{"a":["x"]}', '[{"a":'.repeat(depth))).toMatchObject({ error: 'ValidationException' });
  });

  it('is matched in bounded time: a pattern of many fields over an array of many objects', () => {
    const fields = Array.from({ length: 12 }, (_, index) => `f${index}`);
    const elements = fields.flatMap((field) => Array.from({ length: 12 }, () => ({ [field]: 'x' })));
    const compiled = compilePattern(JSON.stringify({ a: Object.fromEntries(fields.map((field) => [field, ['x']])) }));
    expect(compiled.branches).toHaveLength(1);
    expect(flattenEvent(JSON.stringify({ a: elements })).get('a.f0')).toHaveLength(12);
    const pattern = JSON.stringify({ a: Object.fromEntries(fields.map((field) => [field, ['x']])) });
    expect(testEventPattern(pattern, JSON.stringify({ a: elements }))).toEqual({ match: false });
  });
});

describe('the place of a fault', () => {
  it.each([
    ['{"count": 42}', '"count" must be an object or an array', 13],
    ['{"name": "value"}', '"name" must be an object or an array', 11],
    ['{"kinds": []}', 'Empty arrays are not allowed', 13],
    ['{"k": [{"Exists": true}]}', 'Unrecognized match type Exists', 23],
    ['{"k": [{"numeric": [">", 0, "<"]}]}', 'Value of < must be numeric', 33],
  ])('is reported as AWS does: %s', (source, reason, column) => {
    expect(testEventPattern(source, '{}')).toMatchObject({
      reason: `${reason}\n at [Source: (String)"${source}"; line: 1, column: ${column}]`,
    });
  });
});
