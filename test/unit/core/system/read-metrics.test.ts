import { describe, expect, it } from 'vitest';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { openMetricsText } from '#core/system/open-metrics.ts';
import { readMetrics } from '#core/system/read-metrics.ts';
import { acceptTask } from '#core/tasks/note-progress.ts';
import { readOpenMetrics } from '#test/support/read-open-metrics.ts';
import { begin, ended, tally, votes } from '../modes/ballot.ts';
import { createWorld, otherTenant, tenant, type World } from '../world.ts';

/** What a scraper sees: `name{label values}` and the value. */
const scrape = async (world: World, of = tenant): Promise<Readonly<Record<string, number>>> => {
  const families = readOpenMetrics(openMetricsText(await readMetrics(world.services, of)));
  return Object.fromEntries(
    families
      .flatMap(({ samples }) => samples)
      .map(({ name, labels, value }) => [`${name}{${Object.values(labels).join(' ')}}`, value]),
  );
};

const agentWithWork = async () => {
  const world = createWorld();
  const ann = await world.agent('ann', { maxConcurrency: 4 });
  const [parse, write, broken] = [
    await world.submit({ type: 'parse' }),
    await world.submit({ type: 'write:it' }),
    await world.submit({ type: 'parse', retry: { maxAttempts: 1 } }),
  ];
  world.advance(250);
  await acceptTask(world.services, ann, { taskId: parse.taskId, attempt: 1 });
  world.advance(400);
  await world.complete(ann, parse.taskId);
  await world.fail(ann, broken.taskId);
  world.advance(61_000);
  await heartbeat(world.services, ann, ann.connectionId, { tasks: [], metrics: { cpu: 0.5, memory: 0.25 } });
  return { world, ann, write };
};

describe('what is told of agents', () => {
  it('counts attempts by type and how they ended', async () => {
    const { world, ann } = await agentWithWork();
    expect(await scrape(world)).toMatchObject({
      [`agent_tasks_total{${ann.agentId} parse succeeded}`]: 1,
      [`agent_tasks_total{${ann.agentId} parse failed}`]: 1,
      [`agent_completed_tasks{${ann.agentId}}`]: 1,
      [`agent_errors{${ann.agentId}}`]: 1,
      [`agent_error_rate{${ann.agentId}}`]: 0.5,
    });
  });

  it('spreads durations over buckets, with their sum', async () => {
    const { world, ann, write } = await agentWithWork();
    await world.complete(ann, write.taskId);
    const [parse, written] = [`${ann.agentId} parse`, `${ann.agentId} write:it`];
    expect(await scrape(world)).toMatchObject({
      // 400 ms from its first word, and 650 ms without one.
      [`agent_task_duration_seconds_bucket{${parse} 0.1}`]: 0,
      [`agent_task_duration_seconds_bucket{${parse} 0.5}`]: 1,
      [`agent_task_duration_seconds_bucket{${parse} 1.0}`]: 2,
      [`agent_task_duration_seconds_bucket{${parse} +Inf}`]: 2,
      [`agent_task_duration_seconds_sum{${parse}}`]: 1.05,
      [`agent_task_duration_seconds_bucket{${written} 60.0}`]: 0,
      [`agent_task_duration_seconds_bucket{${written} 300.0}`]: 1,
      [`agent_avg_task_duration{${ann.agentId}}`]: (1.05 + 61.65) / 3,
    });
  });

  it('tells load, life, the agent’s own measurements and how soon it answers', async () => {
    const { world, ann } = await agentWithWork();
    expect(await scrape(world)).toMatchObject({
      [`agent_utilization_ratio{${ann.agentId}}`]: 0.25,
      [`agent_active_tasks{${ann.agentId}}`]: 1,
      [`agent_status{${ann.agentId} running}`]: 1,
      [`agent_cpu_usage{${ann.agentId}}`]: 0.5,
      [`agent_memory_usage{${ann.agentId}}`]: 0.25,
      [`agent_timestamp{${ann.agentId}}`]: world.ports.clock.now() / 1000,
      [`agent_communication_latency_seconds_count{muster ${ann.agentId} task.assigned}`]: 1,
      [`agent_communication_latency_seconds_sum{muster ${ann.agentId} task.assigned}`]: 0.25,
      'muster_scrape_complete{}': 1,
    });
    world.advance(61_000);
    expect(await scrape(world)).toMatchObject({ [`agent_status{${ann.agentId} error}`]: 0 });
  });

  it('says nothing of what was never seen', async () => {
    const world = createWorld();
    const ann = await world.agent('ann');
    const names = Object.keys(await scrape(world)).map((name) => name.replace(/\{.*/, ''));
    expect(names).not.toContain('agent_cpu_usage');
    expect(names).not.toContain('agent_avg_task_duration');
    expect(await scrape(world)).toMatchObject({ [`agent_error_rate{${ann.agentId}}`]: 0 });
  });
});

describe('what is told of runs', () => {
  it('counts them by mode, agents and status, and how long voters took to agree', async () => {
    const begun = await begin();
    begun.world.advance(2_000);
    await votes(begun, { ann: 'ship', ben: 'ship', cem: 'ship', dia: 'keep' });
    await tally(begun);
    expect(await scrape(begun.world)).toMatchObject({
      'collaboration_tasks_total{consensus 4 succeeded}': 1,
      'consensus_achievement_seconds_count{vote 4}': 1,
      'consensus_achievement_seconds_sum{vote 4}': 2,
    });
  });

  it('loses a count, and nothing else, when the store is away', async () => {
    const begun = await begin();
    begun.world.hooks.before = (operation) => {
      if (JSON.stringify(operation).includes('#METRICS')) throw new UnavailableError('away');
    };
    await votes(begun, { ann: 'ship', ben: 'ship', cem: 'ship', dia: 'keep' });
    await tally(begun);
    delete begun.world.hooks.before;
    expect(await ended(begun)).toMatchObject({ status: 'SUCCEEDED' });
    expect(Object.keys(await scrape(begun.world)).filter((name) => name.startsWith('collaboration'))).toEqual([]);
  });
});

describe('whose metrics are told', () => {
  it('are the tenant’s own', async () => {
    const { world } = await agentWithWork();
    expect(await scrape(world, otherTenant)).toEqual({ 'muster_scrape_complete{}': 1 });
  });
});
