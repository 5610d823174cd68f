import type { Agent } from './agent.ts';
import type { Platform } from './platform.ts';

/** Frames that a hostile agent sends over its own, properly registered connection: all of them about others' work. */
export const beHostile = (
  platform: Platform,
  agent: Agent,
  victims: readonly Pick<Agent, 'agentId' | 'name'>[],
): void => {
  const { storyChance: chance, faults } = platform.world;
  const tasks = platform.monitor.tasks();
  if (tasks.length === 0) return;
  const { taskId, attempt: current } = chance.pick(tasks);
  const attempt = Math.max(1, chance.pick([current, current, current + 1, current - 1]));
  faults.note('hostile frame');
  const kind = chance.pick([
    'result',
    'fail',
    'reject',
    'released',
    'progress',
    'accept',
    'heartbeat',
    'register',
    'name',
  ] as const);
  switch (kind) {
    case 'result':
      agent.send('task.result', { taskId, attempt, output: { by: agent.agentId, taskId, attempt, evil: true } });
      return;
    case 'fail':
      agent.send('task.fail', { taskId, attempt, error: { code: 'EVIL', message: 'forged', retryable: false } });
      return;
    case 'reject':
      agent.send('task.reject', { taskId, attempt });
      return;
    case 'released':
      agent.send('task.released', { taskId, attempt });
      return;
    case 'progress':
      agent.send('task.progress', { taskId, attempt, message: 'forged', percent: 99 });
      return;
    case 'accept':
      agent.send('task.accept', { taskId, attempt });
      return;
    case 'heartbeat':
      agent.send('agent.heartbeat', { tasks: [{ taskId, attempt }] });
      return;
    case 'name':
      if (victims.length === 0) return;
      agent.send('agent.register', { agentId: agent.agentId, name: chance.pick(victims).name, capabilities: ['code'] });
      return;
    case 'register':
      if (victims.length === 0) return;
      agent.send('agent.register', {
        agentId: chance.pick(victims).agentId,
        name: agent.name,
        capabilities: ['code', 'review'],
      });
  }
};
