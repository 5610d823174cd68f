import * as z from 'zod';
import type { AgentView } from '../../../core/contract/agent.ts';
import type { Cli } from '../cli.ts';
import { findAgent } from '../find-agent.ts';
import { ago, count, duration } from '../format.ts';
import type { Group } from '../group.ts';
import { leaf } from '../group.ts';
import { choice, page, pageFlags, pageNote } from '../inputs.ts';
import { processes, spawn, stop, types } from './agent-processes.ts';

/** Where an agent is, in a word: of one that is not there, why. */
const whereabouts = ({ status, state, reason }: AgentView): string => {
  if (status !== 'active') return status;
  return state === 'error' ? (reason ?? state) : state;
};

const row = (agent: AgentView, cli: Cli) => {
  const { paint } = cli.output;
  return [
    agent.name,
    paint.status(whereabouts(agent)),
    `${agent.load}/${agent.maxConcurrency}`,
    agent.connected ? 'yes' : 'no',
    ago(agent.seenAt, cli.surroundings.timers.now()),
    agent.agentId,
    agent.capabilities.map(({ name }) => name).join(', '),
  ];
};

const performanceOf = (agent: AgentView): string =>
  Object.entries(agent.performance)
    .map(
      ([type, { count: ended, successRate, averageMs }]) =>
        `${type}: ${ended} done, ${Math.round(successRate * 100)} % well, ${duration(averageMs)} on average`,
    )
    .join('; ');

const describe = (agent: AgentView, { output: { paint }, surroundings }: Cli): string =>
  paint.facts([
    ['name', { text: agent.name, look: 'bold' }],
    ['agent', agent.agentId],
    ['type', agent.type],
    ['status', paint.status(agent.status)],
    ['state', paint.status(agent.state)],
    ['reason', agent.reason],
    ['connected', agent.connected ? 'yes' : 'no'],
    ['seen', ago(agent.seenAt, surroundings.timers.now())],
    ['load', `${agent.load} of ${agent.maxConcurrency} slots`],
    ['capabilities', agent.capabilities.map(({ name, confidence }) => `${name} (${confidence})`).join(', ')],
    [
      'labels',
      Object.entries(agent.labels)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(', '),
    ],
    ['tasks', agent.tasks.map(({ taskId, type }) => `${taskId}${type === undefined ? '' : ` (${type})`}`).join(', ')],
    ['performance', performanceOf(agent)],
  ]);

const list = leaf({
  usage: 'ls',
  summary: 'List agents, least loaded first',
  flags: [
    ['--capability <name>', 'only agents that have it'],
    ['--status <status>', 'only agents that are active, draining or inactive'],
    ...pageFlags,
  ],
  examples: ['agents ls --capability code_review', 'agents ls --json'],
  input: z.object({
    ...page,
    capability: z.string().optional(),
    status: choice(['active', 'draining', 'inactive']).optional(),
  }),
  async run(query, cli) {
    const found = await (await cli.client()).listAgents(query);
    cli.output.rows(found, {
      head: ['NAME', 'STATE', 'LOAD', 'CONNECTED', 'SEEN', 'AGENT', 'CAPABILITIES'],
      rows: found.items.map((agent) => row(agent, cli)),
      none: 'No agents. `muster agent spawn --type echo` starts one.',
    });
    pageNote(found, cli);
  },
});

const one = { agent: z.string() };

const show = leaf({
  usage: 'show <agent>',
  summary: 'Show an agent with its load and how its tasks came out',
  description: 'An agent is named by its name or its id.',
  examples: ['agents show reviewer-1'],
  input: z.object(one),
  async run({ agent }, cli) {
    const found = await findAgent(cli, agent);
    cli.output.result(found, () => describe(found, cli));
  },
});

const steer = (action: 'drain' | 'pause' | 'resume', summary: string, done: (agent: AgentView) => string) =>
  leaf({
    usage: `${action} <agent>`,
    summary,
    examples: [`agents ${action} reviewer-1`],
    input: z.object(one),
    async run({ agent }, cli) {
      const { agentId } = await findAgent(cli, agent);
      const steered = await (await cli.operator()).steerAgent(agentId, action);
      cli.output.result(steered, () => done(steered));
    },
  });

const remove = leaf({
  usage: 'rm <agent>',
  summary: 'Remove an agent; its work goes elsewhere',
  examples: ['agents rm reviewer-1'],
  input: z.object(one),
  async run({ agent }, cli) {
    const { agentId, name } = await findAgent(cli, agent);
    await (await cli.operator()).removeAgent(agentId);
    cli.output.result({ agentId, name, removed: true }, () => `${name} is removed.`);
  },
});

/** `muster agents`. */
export const agentsGroup: Group = {
  name: 'agents',
  alias: 'agent',
  summary: 'Agents: who there is, what they do, starting and draining them',
  leaves: [
    list,
    show,
    steer('drain', 'Let an agent finish what it has and take nothing new', ({ name, tasks }) =>
      tasks.length === 0
        ? `${name} is drained.`
        : `${name} finishes ${count(tasks.length, 'task')} and takes nothing new.`,
    ),
    steer('pause', 'Give an agent nothing new until it is resumed', ({ name }) => `${name} is paused.`),
    steer('resume', 'Give an agent work again', ({ name }) => `${name} takes work again.`),
    remove,
    spawn,
    processes,
    stop,
    types,
  ],
};
