import type { Agent } from './agent.ts';
import type { Chance } from './chance.ts';
import type { Platform } from './platform.ts';

type Victim = Pick<Agent, 'agentId' | 'name'>;

interface Scene {
  readonly agent: Agent;
  readonly taskId: string;
  readonly attempt: number;
  readonly victims: readonly Victim[];
  readonly chance: Chance;
}

const withVictim = ({ victims, chance }: Scene, act: (victim: Victim) => void): void => {
  if (victims.length > 0) act(chance.pick(victims));
};

const deeds: readonly ((scene: Scene) => void)[] = [
  ({ agent, taskId, attempt }) =>
    void agent.send('task.result', { taskId, attempt, output: { by: agent.agentId, taskId, attempt, evil: true } }),
  ({ agent, taskId, attempt }) =>
    void agent.send('task.fail', { taskId, attempt, error: { code: 'EVIL', message: 'forged', retryable: false } }),
  ({ agent, taskId, attempt }) => void agent.send('task.reject', { taskId, attempt }),
  ({ agent, taskId, attempt }) => void agent.send('task.released', { taskId, attempt }),
  ({ agent, taskId, attempt }) => void agent.send('task.progress', { taskId, attempt, message: 'forged', percent: 99 }),
  ({ agent, taskId, attempt }) => void agent.send('task.accept', { taskId, attempt }),
  ({ agent, taskId, attempt }) => void agent.send('task.wait', { taskId, attempt, children: [taskId] }),
  ({ agent, taskId, attempt }) => void agent.send('agent.heartbeat', { tasks: [{ taskId, attempt }] }),
  (scene) =>
    withVictim(scene, ({ agentId }) =>
      scene.agent.send('agent.register', { agentId, name: scene.agent.name, capabilities: ['code', 'review'] }),
    ),
  (scene) =>
    withVictim(scene, ({ name }) =>
      scene.agent.send('agent.register', { agentId: scene.agent.agentId, name, capabilities: ['code'] }),
    ),
];

/** Sends a frame over the hostile agent's own, properly registered connection: about others' work, or as another. */
export const beHostile = (platform: Platform, agent: Agent, victims: readonly Victim[]): void => {
  const { storyChance: chance, faults } = platform.world;
  const tasks = platform.monitor.tasks();
  if (tasks.length === 0) return;
  const { taskId, attempt: current } = chance.pick(tasks);
  const attempt = Math.max(1, chance.pick([current, current, current + 1, current - 1]));
  faults.note('hostile frame');
  chance.pick(deeds)({ agent, taskId, attempt, victims, chance });
};
