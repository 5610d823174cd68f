import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Json } from '#core/contract/json.ts';
import { fillTemplate, listAt, pathsIn, valueAt, wholePath } from '#core/coordination/template.ts';

const scope: Json = {
  input: { list: [1, { deep: 'x' }], text: 'hello', none: null, zero: 0 },
  steps: { a: { output: { ok: true } } },
};

describe('fillTemplate', () => {
  it('puts a value in the place of a string that is wholly a path, whatever its type', () => {
    expect(fillTemplate('{{ input.list }}', scope)).toEqual([1, { deep: 'x' }]);
    expect(fillTemplate('  {{steps.a.output.ok}} ', scope)).toBe(true);
    expect(fillTemplate('{{ input.list.1.deep }}', scope)).toBe('x');
    expect(fillTemplate('{{ input.zero }}', scope)).toBe(0);
  });

  it('puts text in the place of a path inside a string', () => {
    expect(fillTemplate('say {{ input.text }} {{input.zero}} {{ input.list }}!', scope)).toBe(
      'say hello 0 [1,{"deep":"x"}]!',
    );
  });

  it('fills nested templates and keeps what is no template', () => {
    expect(fillTemplate({ a: ['{{ input.text }}', 1, null], b: { c: true } }, scope)).toEqual({
      a: ['hello', 1, null],
      b: { c: true },
    });
  });

  it('puts null where there is nothing, as for a failed step', () => {
    for (const path of ['input.nope', 'steps.b.output', 'input.text.length', 'input.list.9', 'input.none.x'])
      expect(fillTemplate(`{{ ${path} }}`, scope)).toBeNull();
    expect(fillTemplate('got {{ input.nope }}', scope)).toBe('got null');
  });

  it('never reaches what a value inherits', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'])
      for (const path of [name, `input.${name}`, `input.list.${name}`, `steps.a.output.${name}.name`])
        expect(fillTemplate(`{{ ${path} }}`, scope)).toBeNull();
  });

  it('does not fill what a value brings with it', () =>
    expect(fillTemplate('{{ input.text }}', { input: { text: '{{ input.secret }}', secret: 1 } })).toBe(
      '{{ input.secret }}',
    ));

  it('brings any value through unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = Json.parse(JSON.parse(JSON.stringify(value)));
        expect(fillTemplate('{{ input }}', { input: json })).toEqual(json);
      }),
    );
  });

  it('names beforehand every path that it will read', () => {
    const word = fc.stringMatching(/^[a-z]{1,3}$/);
    fc.assert(
      fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 3 }), { maxLength: 4 }), (paths) => {
        const template = {
          list: paths.map((path) => `{{ ${path.join('.')} }}`),
          text: paths.map((path) => `x{{${path.join('.')}}}`).join(' '),
        };
        expect(pathsIn(template)).toEqual([...paths, ...paths]);
      }),
    );
  });
});

describe('wholePath', () => {
  it('is there only for one path and nothing else', () => {
    expect(wholePath(' {{ a.b }} ')).toEqual(['a', 'b']);
    for (const text of ['a.b', '{{ a }} {{ b }}', 'x {{ a }}', '{{ a b }}', '{{ }}', '{{ a | f }}'])
      expect(wholePath(text)).toBeUndefined();
  });
});

describe('valueAt', () => {
  it('is the scope itself for the empty path', () => expect(valueAt(scope, [])).toEqual(scope));
});

describe('listAt', () => {
  it('gives the list at a path', () => expect(listAt('{{ input.list }}', scope, 2)).toHaveLength(2));

  it('refuses what is no list, or too long a one, naming the limit', () => {
    for (const expression of ['{{ input.text }}', '{{ input.nope }}', 'input.list', '{{ input.list }}{{ input.list }}'])
      expect(() => listAt(expression, scope, 2)).toThrow(/not a list/);
    expect(() => listAt('{{ input.list }}', scope, 1)).toThrow(
      expect.objectContaining({ code: 'INVALID_FIELD', limit: 1 }),
    );
  });
});
