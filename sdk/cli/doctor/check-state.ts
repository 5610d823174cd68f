import type { AgentView } from '../../../core/contract/agent.ts';
import { timings } from '../../../core/contract/limits.ts';
import { isTerminal } from '../../../core/contract/task.ts';
import type { Client } from '../../src/client.ts';
import { pause } from '../../src/timers.ts';
import type { Cli } from '../cli.ts';
import { type Finding, failing, look, ok } from './check.ts';

/** What is looked at of a large fleet. */
const shown = { agents: 100, tasks: 50, runs: 20 } as const;
/** State that moves is no divergence: it is looked at again after this. */
const againMs = 1500;

const ended: readonly string[] = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED', 'TIMED_OUT'];

/** A task that its agent holds must name this agent and attempt, or have ended just now: a slot is kept until its agent lets go. */
const heldWrongly = async (client: Client, { agentId, name, tasks }: AgentView, now: number): Promise<string[]> => {
  const looked = await Promise.all(
    tasks.slice(0, shown.tasks).map(async ({ taskId, attempt }) => {
      const task = await client.getTask(taskId);
      const isJustOver = isTerminal(task.status) && now - (task.endedAt ?? 0) < timings.releaseGraceMs;
      if (isJustOver || (!isTerminal(task.status) && task.agentId === agentId && task.attempt === attempt)) return [];
      return [`${name} holds ${taskId} (attempt ${attempt}), which is ${task.status} (attempt ${task.attempt})`];
    }),
  );
  return looked.flat();
};

/** A task at work must be held by an agent that is there. */
const workedByNobody = async (client: Client, agents: readonly AgentView[]): Promise<string[]> => {
  const { items } = await client.listTasks({ status: 'RUNNING', limit: shown.tasks });
  return items.flatMap(({ taskId, agentId, agentName }) => {
    const agent = agents.find((each) => each.agentId === agentId);
    // An agent beyond the first page is not known here.
    if (agent === undefined || agent.tasks.some((held) => held.taskId === taskId)) return [];
    return [`${taskId} is RUNNING at ${agentName ?? agentId ?? 'nobody'}, who does not hold it`];
  });
};

/** A run whose steps have all ended ends soon. */
const endedInSecret = async (client: Client, now: number): Promise<string[]> => {
  const { items } = await client.listRuns({ status: 'RUNNING', limit: shown.runs });
  const runs = await Promise.all(items.map(({ runId }) => client.getRun(runId)));
  return runs.flatMap(({ runId, status, steps }) => {
    const ends = steps.flatMap(({ tasks }) => tasks.map(({ endedAt }) => endedAt ?? now));
    const isOver = steps.length > 0 && steps.every((step) => ended.includes(step.status));
    const isOld = isOver && now - Math.max(0, ...ends) > 2 * timings.sweepMs;
    return isOld && status === 'RUNNING' ? [`${runId} is RUNNING, and all of its steps have ended`] : [];
  });
};

const divergences = async (cli: Cli): Promise<string[]> => {
  const client = await cli.client();
  const now = cli.surroundings.timers.now();
  const { items: agents } = await client.listAgents({ limit: shown.agents });
  const held = await Promise.all(
    agents.filter(({ tasks }) => tasks.length > 0).map((agent) => heldWrongly(client, agent, now)),
  );
  return [...held.flat(), ...(await workedByNobody(client, agents)), ...(await endedInSecret(client, now))];
};

/** Whether agents, tasks and runs say the same of each other. */
export const checkState = (cli: Cli): Promise<readonly Finding[]> =>
  look('state', async () => {
    const first = await divergences(cli);
    if (first.length === 0) return ok('state', 'agents, tasks and runs agree');
    await pause(cli.surroundings.timers, againMs);
    const still = (await divergences(cli)).filter((each) => first.includes(each));
    if (still.length === 0) return ok('state', 'agents, tasks and runs agree');
    return failing('state', still.join('; '), 'The sweep mends this within two minutes; at once: muster doctor --fix');
  });
