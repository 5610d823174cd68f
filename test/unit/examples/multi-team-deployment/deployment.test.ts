import { describe, expect, it } from 'vitest';
import { DeploymentRequest } from '../../../../examples/multi-team-deployment/cluster.ts';
import { type DeploymentReport, integrate } from '../../../../examples/multi-team-deployment/integrate.ts';
import { planDeployment } from '../../../../examples/multi-team-deployment/plan-deployment.ts';
import { renderDeployment } from '../../../../examples/multi-team-deployment/render.ts';
import { rollOut } from '../../../../examples/multi-team-deployment/roll-out.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { multiTeamDeploymentChecker } from '../../../support/examples/multi-team-deployment.ts';

const deploy = (raw: unknown): DeploymentReport => {
  const request = DeploymentRequest.parse(raw);
  const { infra, app, mon } = planDeployment(request);
  return integrate(request.cluster, {
    infra: infra.map(({ node, addCpu }) => ({ op: 'grow', node, cpu: addCpu })),
    app: app.map(rollOut),
    mon: mon.map((monitor) => ({ op: 'monitor', monitor })),
  });
};

describe('the teams over generated clusters', () => {
  it.each(checkedSeeds)('keep every rule at every action (seed %i)', async (seed) => {
    const report = deploy(multiTeamDeploymentChecker.input(seed));
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
  it('says what it did otherwise than asked for want of room', () => {
    const report = deploy({ cluster, releases: [release] });
    expect(report.services[0]).toMatchObject({ strategy: 'RollingUpdate', status: 'deployed' });
    expect(renderDeployment(report)).toContain('no room for BlueGreen: RollingUpdate instead');
  });

  it.each([
    { releases: [{ ...release, cpu: 3 }], says: 'no room for web 2' },
    { releases: [release, release], says: 'released twice' },
    { releases: [{ ...release, service: 'shop' }], says: 'does not run in this cluster' },
    { releases: [{ ...release, version: '1' }], says: 'another one than 1' },
  ])('refuses what cannot be: $says', ({ releases, says }) => {
    expect(() => deploy({ cluster, releases })).toThrow(says);
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
