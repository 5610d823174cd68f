import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DeploymentRequest } from '../../../../examples/multi-team-deployment/cluster.ts';
import { lead, supervise, workAs } from '../../../../examples/multi-team-deployment/handlers.ts';
import { DeploymentReport, integrate } from '../../../../examples/multi-team-deployment/integrate.ts';
import { renderDeployment } from '../../../../examples/multi-team-deployment/render.ts';
import { rollOut } from '../../../../examples/multi-team-deployment/roll-out.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { multiTeamDeploymentChecker } from '../../../support/examples/multi-team-deployment.ts';
import { runHandler } from '../../../support/examples/run-handler.ts';

const Subtasks = z.object({
  subtasks: z.array(z.object({ id: z.enum(['infra', 'app', 'mon']), specialization: z.string(), input: z.unknown() })),
});
const Items = z.object({ items: z.array(z.object({ id: z.string(), input: z.unknown() })) });

/** The agents phase by phase, as the platform asks them. */
const deploy = async (raw: unknown): Promise<DeploymentReport> => {
  const task = DeploymentRequest.parse(raw);
  const { subtasks } = Subtasks.parse((await runHandler(supervise, { phase: 'plan', task })).output);
  const reports = await Promise.all(
    subtasks.map(async (subtask) => {
      const team = subtask.id;
      const { items } = Items.parse((await runHandler(lead, { phase: 'split', team, subtasks: [subtask] })).output);
      const results = await Promise.all(
        items.map(async ({ input }) => ({
          status: 'SUCCEEDED',
          output: (await runHandler(workAs(team), input)).output,
        })),
      );
      return { team, report: (await runHandler(lead, { phase: 'aggregate', results })).output };
    }),
  );
  return DeploymentReport.parse((await runHandler(supervise, { phase: 'integrate', task, reports })).output);
};

describe('the teams over generated clusters', () => {
  it.each(checkedSeeds)('keep every rule at every action (seed %i)', async (seed) => {
    const report = await deploy(multiTeamDeploymentChecker.input(seed));
    await expect(multiTeamDeploymentChecker.check(seed, report)).resolves.toBeUndefined();
  });
});

const replica = (index: number) => ({ id: `web-${index}`, service: 'web', version: '1', node: 'a', cpu: 2 });
const cluster = {
  nodes: [{ name: 'a', cpu: 4 }],
  replicas: [replica(1), replica(2)],
  traffic: { web: { '1': 100 } },
  monitors: [],
};
const release = { service: 'web', version: '2', strategy: 'BlueGreen' };

describe('the supervisor', () => {
  it('says what it did otherwise than asked for want of room', async () => {
    const report = await deploy({ cluster, releases: [release] });
    expect(report.services[0]).toMatchObject({ strategy: 'RollingUpdate', status: 'deployed' });
    expect(renderDeployment(report)).toContain('no room for BlueGreen: RollingUpdate instead');
  });

  it.each([
    { releases: [{ ...release, cpu: 3 }], says: 'no room for web 2' },
    { releases: [release, release], says: 'released twice' },
    { releases: [{ ...release, service: 'shop' }], says: 'does not run in this cluster' },
    { releases: [{ ...release, version: '1' }], says: 'another one than 1' },
  ])('refuses what cannot be: $says', async ({ releases, says }) => {
    await expect(deploy({ cluster, releases })).rejects.toThrow(says);
  });

  it('does nothing of a service whose team hands in what cannot be done', () => {
    const request = DeploymentRequest.parse({ cluster, releases: [release] });
    const result = rollOut({
      release: { ...release, strategy: 'BlueGreen' },
      current: request.cluster.replicas,
      currentVersion: '1',
      cpu: 2,
      surge: ['a', 'a'],
    });
    const report = integrate(request.cluster, { infra: [], app: [result], mon: [] });
    expect(report).toMatchObject({ status: 'refused', cluster: request.cluster, actions: [] });
    expect(report.problems).toEqual(['web: a has no room for web-2-1']);
  });
});

describe('a worker', () => {
  it('refuses work of another team', async () => {
    const input = { kind: 'mon', monitor: { service: 'web', metric: 'error-rate', threshold: 1 } };
    await expect(runHandler(workAs('app'), input)).rejects.toThrow('work for mon, not app');
  });
});
