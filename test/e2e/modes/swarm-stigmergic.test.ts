import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../support/fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
  await fleet.begin('ant', 2, { slots: 10 });
});
afterAll(() => fleet?.stop());

/** Over A and B it costs 3, straight on 9. */
const environment = {
  kind: 'graph',
  edges: [
    { from: 'S', to: 'A', cost: 1 },
    { from: 'A', to: 'B', cost: 1 },
    { from: 'B', to: 'F', cost: 1 },
    { from: 'S', to: 'F', cost: 9 },
  ],
  start: 'S',
  resources: [{ at: 'F' }],
};
const swarm = (more: Record<string, unknown> = {}) => ({
  mode: 'swarm',
  variant: 'stigmergic',
  type: 'walk',
  environment: '{{ input }}',
  agents: { capability: 'ant', count: 2 },
  antsPerAgent: 3,
  maxIterations: 30,
  iterationSeconds: 10,
  ...more,
});

describe.concurrent('a stigmergic swarm of agents in processes of their own', () => {
  it('finds the cheapest way and agrees on it', async () => {
    const run = await fleet.outcome(swarm(), environment);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        verdict: 'converged',
        iterations: 9,
        best: { path: ['S', 'A', 'B', 'F'], cost: 3 },
        ants: 6,
        rejected: 0,
      },
    });
    const agents = run.steps.map(({ tasks }: { tasks: { agentName: string }[] }) =>
      tasks.map(({ agentName }) => agentName).join(),
    );
    expect(agents).toEqual(Array.from({ length: 9 }, () => expect.stringMatching(/^ant-[01],ant-[01]$/)));
  });

  it('ends at its cap with what it has, though an agent always fails', async () => {
    const run = await fleet.outcome(swarm({ type: 'fail', maxIterations: 3 }), environment);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'UNRUNNABLE' } });
    expect(run.result).toMatchObject({ iterations: 0, best: null });
    const capped = await fleet.outcome(swarm({ maxIterations: 4 }), environment);
    expect(capped).toMatchObject({ status: 'SUCCEEDED', output: { verdict: 'cap', best: { cost: 3 } } });
  });

  it('waits no longer than an iteration’s deadline', async () => {
    const hanging = swarm({ type: 'hang', iterationSeconds: 2, maxIterations: 1 });
    const run = await fleet.outcome(hanging, environment);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'UNRUNNABLE' } });
  });

  it('is cancelled in the middle of an iteration', async () => {
    const runId = await fleet.run(swarm({ type: 'hang' }), environment);
    const run = await fleet.cancelled(runId, 'ants are asked', ({ steps }) => steps[0]?.status === 'RUNNING');
    expect(run.status).toBe('CANCELLED');
  });
});
