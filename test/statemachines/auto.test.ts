import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AskedWorkflow } from '#core/contract/workflow.ts';
import { resolveWorkflow } from '#core/modes/resolve-auto.ts';
import { rulesOf } from '#core/modes/rules-of.ts';
import { runMode } from './run-mode.ts';

const machineOf = (dependsOn: readonly (readonly string[])[]) => {
  const steps = dependsOn.map((names, index) => ({ id: `s${index}`, type: 'work', dependsOn: [...names] }));
  const asked = AskedWorkflow.parse({ mode: 'auto', name: 'w', steps });
  const { machine, outline } = rulesOf(resolveWorkflow(asked).definition);
  const stages = outline.map((_stage, stage) => ({ stage, timeoutSeconds: 60 }));
  return { machine, stages };
};

describe('auto', () => {
  it('has no state machine of its own: it runs in that of the mode that was chosen', () =>
    expect(existsSync(new URL('../../statemachines/auto.asl.json', import.meta.url))).toBe(false));

  it.each([
    ['a chain', [[], ['s0'], ['s1']], 'sequential', 3],
    ['a graph', [[], ['s0'], ['s0'], ['s1', 's2']], 'dag', 1],
    ['what needs nothing of each other', [[], [], []], 'parallel', 1],
  ] as const)('runs %s to its end in %3$s', async (_name, dependsOn, mode, asked) => {
    const { machine, stages } = machineOf(dependsOn);
    expect(machine).toBe(mode);
    const input = { tenant: 'acme', runId: 'run_00000000-0000-4000-8000-000000000000', timeoutSeconds: 60, stages };
    const run = await runMode(
      machine,
      input,
      stages.map(() => ({ outcome: 'SUCCEEDED' })),
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.messages).toHaveLength(asked);
  });
});
