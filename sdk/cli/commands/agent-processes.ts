import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { Name } from '../../../core/contract/ids.ts';
import { isAlive, readRecords } from '../agent/agent-records.ts';
import { exampleAgents, findAgentType } from '../agent/agent-type.ts';
import { hostAgent } from '../agent/host-agent.ts';
import { spawnAgent, startOf, stopAgent } from '../agent/spawn-agent.ts';
import { templates } from '../agent/templates.ts';
import type { Cli } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { findAgent } from '../find-agent.ts';
import { ago, jsonText } from '../format.ts';
import { leaf } from '../group.ts';
import { readValue } from '../read-value.ts';
import { runProgram } from '../run-program.ts';
import { suggestion } from '../suggest.ts';

const shortName = (type: string): string => `${type}-${randomBytes(2).toString('hex')}`;

/** `muster agent spawn`. */
export const spawn = leaf({
  usage: 'spawn',
  summary: 'Start an agent on this machine, as a process that stays',
  description:
    'Returns once the agent is registered. `muster agent types` lists the types: templates, agents of the examples, or a file of yours, ./agent.mjs, which is told MUSTER_URL, MUSTER_API_KEY, MUSTER_AGENT_NAME and MUSTER_AGENT_CONFIG and prints "ready".',
  flags: [
    ['--type <type>', 'what it is'],
    ['--name <name>', 'its name (default: the type and four letters)'],
    [
      '--config <json>',
      'JSON, a file of it, or - (default: MUSTER_AGENT_CONFIG): what it registers with, and what its template needs',
    ],
    ['--foreground', 'be the agent, until Ctrl-C'],
  ],
  examples: [
    'agent spawn --type echo --name echo-1',
    `agent spawn --type command --name counter --config '{"capabilities":["count"],"command":["wc","-c"]}'`,
    'agent spawn --type code-review/syntax',
  ],
  input: z.object({
    type: z.string('is needed: what the agent is'),
    name: Name.optional(),
    config: z.string().optional(),
    foreground: z.boolean().default(false),
  }),
  async run({ type, name: given, config: typed, foreground }, cli) {
    const { surroundings, output } = cli;
    const written = typed ?? surroundings.env['MUSTER_AGENT_CONFIG'];
    const found = findAgentType(type, surroundings);
    const name = given ?? shortName(found.name);
    const config = written === undefined ? {} : await readValue(surroundings, '--config', written);
    if (found.kind === 'template') {
      const prepared = await found.template.prepare(config, surroundings).catch((error: unknown) => {
        if (!(error instanceof z.ZodError)) throw error;
        throw new CliError(`--config does not fit ${type}:\n${z.prettifyError(error)}`, {
          hint: `An example: --config '${jsonText(found.template.example)}'`,
        });
      });
      if (foreground) return hostAgent({ name, type: found.name }, prepared, cli);
    }
    const start = await startOf(found, { name, type, config }, cli);
    if (foreground) return runInForeground(start, cli);
    const { pid, log } = await spawnAgent({ name, type }, start, cli);
    output.result({ name, type, pid, log }, () =>
      [
        `${name} is connected, as process ${pid}.`,
        output.paint.facts([
          ['log', log],
          ['stop', `muster agent stop ${name}`],
        ]),
      ].join('\n'),
    );
    return exitCodes.done;
  },
});

const runInForeground = async (
  start: Awaited<ReturnType<typeof startOf>>,
  { surroundings }: Parameters<typeof startOf>[2],
): Promise<0 | 7> => {
  const code = await runProgram({ ...start, directory: surroundings.directory }, surroundings);
  return code === exitCodes.done || code === exitCodes.interrupted ? exitCodes.done : exitCodes.child;
};

/** `muster agent ps`. */
export const processes = leaf({
  usage: 'ps',
  summary: 'List the agents that were started on this machine',
  examples: ['agent ps'],
  input: z.object({}),
  async run(_, { surroundings, output }) {
    const records = await readRecords(surroundings);
    const entries = records.map(({ mark: _mark, ...record }) => ({
      ...record,
      isAlive: isAlive({ ...record, mark: _mark }),
    }));
    const now = surroundings.timers.now();
    output.rows(entries, {
      head: ['NAME', 'TYPE', 'PROCESS', 'STARTED', 'STATE', 'LOG'],
      rows: entries.map((entry) => [
        entry.name,
        entry.type,
        String(entry.pid),
        ago(entry.startedAt, now),
        entry.isAlive ? output.paint.status('running') : { text: 'ended', look: 'red' },
        entry.log,
      ]),
      none: 'No agents were started here. `muster agent spawn --type echo` starts one.',
    });
  },
});

/** Stops agents at once, wherever they run. */
const halt = async (agents: readonly string[], reason: string, cli: Cli): Promise<void> => {
  const found = await Promise.all(agents.map((agent) => findAgent(cli, agent)));
  const operator = await cli.operator();
  const stopped = await Promise.all(found.map(({ agentId }) => operator.stopAgent(agentId, { reason })));
  cli.output.result(stopped, () =>
    stopped.map(({ name }) => `${name} is stopped; \`muster agents resume ${name}\` lets it come back.`).join('\n'),
  );
};

/** `muster agent stop`. */
export const stop = leaf({
  usage: 'stop <agents...>',
  summary: 'Stop agents that were started on this machine, or with a reason any agent, at once',
  description:
    'Without --reason each finishes what it has. With --reason it is an emergency: the platform takes the work of an agent, wherever it runs, and does not let it back before `muster agents resume`. The reason is kept in the audit.',
  flags: [['--reason <text>', 'why it is stopped at once, as the agent is told']],
  examples: ['agent stop echo-1', 'agent stop reviewer-1 --reason "it deletes what it should review"'],
  input: z.object({ agents: z.array(z.string()), reason: z.string().min(1).max(1024).optional() }),
  async run({ agents, reason }, cli) {
    if (reason !== undefined) return halt(agents, reason, cli);
    const records = await readRecords(cli.surroundings);
    const chosen = agents.map((name) => {
      const record = records.find((each) => each.name === name);
      if (record !== undefined) return record;
      throw new CliError(`No agent ${name} was started here.`, {
        exitCode: exitCodes.notFound,
        hint: suggestion(
          name,
          records.map((each) => each.name),
          'None was. One that runs elsewhere is stopped at once with --reason.',
        ),
      });
    });
    const stopped = await Promise.all(
      chosen.map(async (record) => ({ name: record.name, wasAlive: await stopAgent(record, cli) })),
    );
    return cli.output.result(stopped, () =>
      stopped.map(({ name, wasAlive }) => `${name} ${wasAlive ? 'is stopped' : 'had ended'}.`).join('\n'),
    );
  },
});

/** `muster agent types`. */
export const types = leaf({
  usage: 'types',
  summary: 'List what `agent spawn` can start',
  examples: ['agent types'],
  input: z.object({}),
  async run(_, { surroundings, output }) {
    const own = Object.entries(templates).map(([name, { summary, example }]) => ({ name, summary, config: example }));
    const examples = exampleAgents(surroundings).map((name) => ({
      name,
      summary: 'an agent of the examples',
      config: {},
    }));
    const entries = [...own, ...examples];
    output.rows(entries, {
      head: ['TYPE', 'DOES', 'EXAMPLE OF --config'],
      rows: entries.map(({ name, summary, config }) => [name, summary, jsonText(config)]),
      none: '',
    });
  },
});
