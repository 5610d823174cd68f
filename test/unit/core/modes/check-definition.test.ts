import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { orderByDependency } from '#core/coordination/order.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { rulesOf } from '#core/modes/rules-of.ts';

type StepInput = { readonly id: string; readonly [field: string]: unknown };
const step = (id: string, more: Record<string, unknown> = {}): StepInput => ({ id, type: 't', ...more });
const sequential = (...steps: readonly StepInput[]) =>
  WorkflowDefinition.parse({ mode: 'sequential', name: 'w', steps });
const parallel = (more: Record<string, unknown>, ...tasks: readonly StepInput[]) =>
  WorkflowDefinition.parse({ mode: 'parallel', name: 'w', tasks, ...more });

describe('orderByDependency', () => {
  const nodes = (edges: Record<string, readonly string[]>) =>
    Object.entries(edges).map(([id, dependsOn]) => ({ id, dependsOn }));
  const ids = (edges: Record<string, readonly string[]>) => orderByDependency(nodes(edges)).map(({ id }) => id);

  it('keeps the given order where nothing depends', () =>
    expect(ids({ c: [], a: [], b: [] })).toEqual(['c', 'a', 'b']));

  it('puts a step after those it depends on', () =>
    expect(ids({ a: ['c'], b: [], c: ['b'] })).toEqual(['b', 'c', 'a']));

  it('names the cycle, from where it begins to where it closes', () => {
    expect(() => ids({ x: ['a'], a: ['b'], b: ['c'], c: ['a'] })).toThrow(/a → b → c → a/);
    expect(() => ids({ a: ['a'] })).toThrow(expect.objectContaining({ code: 'CYCLE', name: 'CycleError' }));
  });

  it('names the step and what it depends on when that does not exist', () =>
    expect(() => ids({ a: ['z'] })).toThrow(/"a" depends on "z"/));

  it('orders every acyclic graph, completely', () => {
    const graph = fc.integer({ min: 1, max: 9 }).chain((size) =>
      fc.tuple(
        fc.array(fc.array(fc.nat(100), { maxLength: 3 }), { minLength: size, maxLength: size }),
        fc.shuffledSubarray(
          Array.from({ length: size }, (_, index) => index),
          { minLength: size },
        ),
      ),
    );
    fc.assert(
      fc.property(graph, ([picks, shuffled]) => {
        // Node n depends on lower ones only, and the nodes come in any order.
        const all = shuffled.map((own) => ({
          id: `n${own}`,
          dependsOn: own === 0 ? [] : (picks[own] ?? []).map((pick) => `n${pick % own}`),
        }));
        const ordered = orderByDependency(all);
        expect(ordered.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
        ordered.forEach(({ dependsOn }, position) => {
          const before = ordered.slice(0, position).map(({ id }) => id);
          expect(dependsOn.filter((id) => !before.includes(id))).toEqual([]);
        });
      }),
    );
  });
});

const stagesOf = (definition: WorkflowDefinition) => rulesOf(definition).outline;

describe('outline', () => {
  it('makes one stage of each step, in the order of their dependencies', () => {
    const stages = stagesOf(sequential(step('b', { dependsOn: ['a'] }), step('a')));
    expect(stages.map(({ id, completion }) => [id, completion])).toEqual([
      ['a', 'all'],
      ['b', 'all'],
    ]);
  });

  it('makes one stage of a group, with its own rule', () => {
    const [group] = stagesOf(sequential({ id: 'g', parallel: [step('x'), step('y')], completion: 'any' }));
    expect(group).toMatchObject({ id: 'g', completion: 'any', steps: [{ id: 'x' }, { id: 'y' }] });
  });

  it('makes one stage of a parallel workflow', () =>
    expect(stagesOf(parallel({ completion: 'majority' }, step('x'), step('y')))).toMatchObject([
      { completion: 'majority', steps: [{ id: 'x' }, { id: 'y' }] },
    ]));
});

describe('checkDefinition', () => {
  it('takes what names only what exists by then', () => {
    const definition = sequential(
      step('a', { input: '{{ input.x }} {{ run.id }}' }),
      step('b', { forEach: '{{ steps.a.output.list }}', input: { each: '{{ item.name }}', at: '{{ index }}' } }),
      step('c', { input: '{{ steps.b.outputs }}' }),
    );
    expect(() => checkDefinition({ ...definition, output: '{{ steps.c.output }}' })).not.toThrow();
  });

  it('reads a later step by its place in the order, not on the page', () =>
    expect(() =>
      checkDefinition(sequential(step('b', { input: '{{ steps.a.output }}', dependsOn: ['a'] }), step('a'))),
    ).not.toThrow());

  it.each([
    ['{{ input.url | upper }}', '{{ input.url | upper }}'],
    ['{{ input.a[0] }}', '{{ input.a[0] }}'],
    ['{{ input["url"] }}', '{{ input["url"] }}'],
    ['{{ input.url', '{{ input.url'],
    ['{{ }}', '{{ }}'],
    ['{{ input..url }}', '{{ input..url }}'],
    ['from {{ input.url }} to {{ input.x + 1 }}', '{{ input.x + 1 }}'],
    ['{{ input.url }', '{{ input.url }'],
    [{ deep: ['fine', { er: '{{ $x }}' }] }, '{{ $x }}'],
  ])('refuses %j, which a run would hand over as it stands', (input, shown) => {
    const refusal = (definition: WorkflowDefinition) => {
      try {
        checkDefinition(definition);
        return undefined;
      } catch (error) {
        return error;
      }
    };
    expect(refusal(sequential(step('a', { input })))).toMatchObject({
      code: 'INVALID_DEFINITION',
      field: 'steps.a.input',
      message: expect.stringContaining(`"${shown}" is no template`),
    });
    expect(refusal({ ...sequential(step('a')), output: input })).toMatchObject({ field: 'output' });
  });

  it.each([['{"a":{"b":1}}'], ['{ {x} }'], ['{{{ input.url }}}'], [{ '{{': 1 }]])(
    'takes %j, which is as it should be',
    (input) => expect(() => checkDefinition(sequential(step('a', { input })))).not.toThrow(),
  );

  const refused: readonly (readonly [string, () => WorkflowDefinition, string])[] = [
    [
      'a reference to a later step',
      () => sequential(step('a', { input: '{{ steps.b.output }}' }), step('b')),
      'steps.a.input',
    ],
    ['a reference to itself', () => sequential(step('a', { input: '{{ steps.a.output }}' })), 'steps.a.input'],
    [
      'a reference to a step at its side',
      () => parallel({}, step('a'), step('b', { input: '{{ steps.a.output }}' })),
      'steps.b.input',
    ],
    ['a reference to nothing', () => sequential(step('a', { input: '{{ nothing.x }}' })), 'steps.a.input'],
    ['item without forEach', () => sequential(step('a', { input: '{{ item }}' })), 'steps.a.input'],
    [
      'outputs of a single step',
      () => sequential(step('a'), step('b', { input: '{{ steps.a.outputs }}' })),
      'steps.b.input',
    ],
    [
      'output of a list',
      () => sequential(step('a', { forEach: '{{ input }}' }), step('b', { input: '{{ steps.a.output }}' })),
      'steps.b.input',
    ],
    ['a forEach that is no path', () => sequential(step('a', { forEach: 'input.list' })), 'steps.a.forEach'],
    ['item in its own forEach', () => sequential(step('a', { forEach: '{{ item }}' })), 'steps.a.forEach'],
    ['two steps of one name', () => sequential(step('a'), step('a')), 'steps.a'],
    ['a group and a step of one name', () => sequential(step('a'), { id: 'g', parallel: [step('a')] }), 'steps.a'],
    [
      'a threshold above the tasks',
      () => parallel({ completion: { threshold: 3 } }, step('a'), step('b')),
      'completion',
    ],
    ['an output that names nothing', () => parallel({ output: '{{ steps.z.output }}' }, step('a')), 'output'],
  ];
  it.each(refused)('refuses %s', (_what, definition, field) =>
    expect(() => checkDefinition(definition())).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION', field })),
  );

  it('refuses a cycle, naming it', () =>
    expect(() => checkDefinition(sequential(step('a', { dependsOn: ['b'] }), step('b', { dependsOn: ['a'] })))).toThrow(
      /a → b → a/,
    ));

  it('takes a threshold that only a list can meet', () =>
    expect(() =>
      checkDefinition(parallel({ completion: { threshold: 9 } }, step('a', { forEach: '{{ input }}' }))),
    ).not.toThrow());

  it('refuses a definition that no item could hold', () =>
    expect(() => checkDefinition(parallel({}, step('a', { input: 'x'.repeat(256 * 1024) })))).toThrow(
      expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE' }),
    ));
});

describe('after', () => {
  it('stops a sequential run at the first failed stage and fails its token', () => {
    const rules = rulesOf(sequential(step('a'), step('b')));
    for (const position of [0, 1]) expect(rules.after(position, 'FAILED')).toEqual({ run: 'fail', token: 'fail' });
  });

  it('goes on after a stage that succeeded, and ends with the last', () => {
    const rules = rulesOf(sequential(step('a'), step('b')));
    expect(rules.after(0, 'SUCCEEDED')).toEqual({ run: 'continue', token: 'succeed' });
    expect(rules.after(1, 'SUCCEEDED')).toEqual({ run: 'succeed', token: 'succeed' });
    expect(rulesOf(parallel({}, step('a'))).after(0, 'SUCCEEDED')).toEqual({ run: 'succeed', token: 'succeed' });
  });

  it('takes a failed rule of a parallel run as data: the token succeeds', () =>
    expect(rulesOf(parallel({}, step('a'))).after(0, 'FAILED')).toEqual({ run: 'fail', token: 'fail' }));
});
