import * as z from 'zod';
import { count } from '../format.ts';
import { type Group, leaf } from '../group.ts';

const stop = leaf({
  usage: 'stop',
  summary: 'Stop everything of the tenant at once: take nothing, assign nothing, stop all agents',
  description:
    'For an emergency. `muster system resume` ends it; agents that were stopped are started again by their owners.',
  flags: [['--reason <text>', 'why, as the agents are told']],
  examples: ['system stop --reason "agents run amok"'],
  input: z.object({ reason: z.string().max(1024).optional() }),
  async run({ reason }, cli) {
    const done = await (await cli.operator()).stopSystem({ reason });
    cli.output.result(done, () => `Stopped, with ${count(done.agents, 'agent')}.`);
  },
});

const resume = leaf({
  usage: 'resume',
  summary: 'End an emergency stop: work is taken again, and agents may come back',
  examples: ['system resume'],
  input: z.object({}),
  async run(_input, cli) {
    const done = await (await cli.operator()).resumeSystem();
    cli.output.result(done, () => `Open; ${count(done.agents, 'agent')} may come back.`);
  },
});

/** `muster system`. */
export const systemGroup: Group = {
  name: 'system',
  summary: 'The tenant as a whole: stopping it at once, and letting it go on',
  leaves: [stop, resume],
};
