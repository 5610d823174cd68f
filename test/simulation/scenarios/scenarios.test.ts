import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { simulate } from '../simulate.ts';
import { scenarios } from './scenarios.ts';
import { playScenario } from './scene.ts';

const coreFolder = fileURLToPath(new URL('../../../core/', import.meta.url));
const guarded =
  /\b(\w+): (?:\w+ === \w+ \? )?(?:absent|present|equal|notEqual|atLeast|atMost|oneOf|any|all|isNew|olderSeq)\(/g;

/** The names of all clauses, read from the source: none can be left out by never being met. */
const clauseNames = (): ReadonlySet<string> =>
  new Set(
    readdirSync(coreFolder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && file !== 'table/conditions.ts')
      .flatMap((file) => [...readFileSync(join(coreFolder, file), 'utf8').matchAll(guarded)])
      .map(([, name = '']) => name),
  );

describe('scenarios', () => {
  it('has a scene for every name of a clause', () => {
    const names = clauseNames();
    expect(names.size).toBeGreaterThan(30);
    expect([...names].filter((name) => !scenarios.some(({ clause }) => clause === name))).toEqual([]);
  });

  it('has a scene for every clause of every write that the simulation meets', async () => {
    const known = new Set(scenarios.map(({ write, clause }) => `${write} ${clause}`));
    const met = await Promise.all([1, 2, 3].map(async (seed) => [...(await simulate({ seed })).clauses]));
    const guards = met.flat().flatMap(([write, { clauses }]) => [...clauses].map((clause) => `${write} ${clause}`));
    expect([...new Set(guards)].filter((guard) => !known.has(guard))).toEqual([]);
  }, 120_000);
});

describe.each(scenarios)('$write: $clause, when $title', (scenario) => {
  const { write, clause } = scenario;

  it('comes out well', async () => {
    expect(await playScenario(scenario)).toMatchObject({ fault: undefined });
  });

  it('does not without the clause', async () => {
    const { fault } = await playScenario(scenario, { write, clauses: [clause] });
    expect(fault).toBeDefined();
  });
});
