import assert from 'node:assert/strict';
import type { WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { failTask } from '#core/tasks/fail-task.ts';
import type { Scenario, Scene } from './scene.ts';

const write = 'update STAGE {isOpen, sameReleased}';

const node = (id: string, ...dependsOn: string[]) => ({ id, type: 'work', dependsOn });

/** A run in its graph, what is ready with an agent. */
const inGraph = async (scene: Scene, definition: Omit<WorkflowDefinitionInput & { mode: 'dag' }, 'mode' | 'name'>) => {
  const { world } = scene;
  const agent = await world.agent('a', { maxConcurrency: 20 });
  const run = await world.start({ mode: 'dag', name: 'w', ...definition });
  await world.enterStage(run, 0);
  const idOf = (id: string) => world.members(0, id)[0]?.taskId ?? assert.fail(`${id} has not begun`);
  const begun = (): readonly string[] => world.members(0).map(({ place }) => place?.step ?? '');
  return {
    finish: (id: string) => scene.finish(agent, idOf(id)),
    fail: (id: string) =>
      failTask(scene.services, agent, {
        taskId: idOf(id),
        attempt: 1,
        error: { code: 'X', message: 'x', retryable: false },
      }),
    begun,
  };
};

export const flowScenarios: readonly Scenario[] = [
  {
    write,
    clause: 'isOpen',
    title: 'a node has its turn while another one fails and with it the graph',
    play: async (scene) => {
      const { finish, fail, begun } = await inGraph(scene, {
        onFailure: 'fail_fast',
        nodes: [node('x'), node('y'), node('z', 'x')],
      });
      scene.before(write, () => fail('y'));
      await finish('x');
      assert.deepEqual(begun(), ['x', 'y']);
    },
  },
  {
    write,
    clause: 'sameReleased',
    title: 'two nodes end at once, and each lets another one go: both fit, one more would not',
    play: async (scene) => {
      const { finish, begun } = await inGraph(scene, {
        maxParallelAgents: 2,
        // What follows y is more urgent than what follows x, so whoever sees both ends chooses other nodes.
        nodes: [node('x'), node('y'), node('after-x', 'x'), node('p', 'y'), node('q', 'y'), node('pq', 'p', 'q')],
      });
      scene.before(write, () => finish('y'));
      await finish('x');
      assert.deepEqual(begun().toSorted(), ['p', 'q', 'x', 'y']);
    },
  },
];
