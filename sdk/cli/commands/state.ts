import * as z from 'zod';
import { jsonText } from '../format.ts';
import { type Group, leaf } from '../group.ts';

const get = leaf({
  usage: 'get <scope>',
  summary: 'Show what agents share in a scope: counters, sets and maps, as JSON',
  description: 'A page of names; `--cursor` goes on where `nextCursor` says.',
  examples: ['state get review-17', 'state get muster.workload'],
  flags: [['--cursor <cursor>', 'the `nextCursor` of the page before']],
  input: z.object({ scope: z.string(), cursor: z.string().optional() }),
  async run({ scope, cursor }, cli) {
    const state = await (await cli.operator()).getState(scope, { cursor });
    cli.output.result(state, () => jsonText(state, 2));
  },
});

/** `muster state`. */
export const stateGroup: Group = {
  name: 'state',
  summary: 'Shared state: what agents count, collect and note together',
  leaves: [get],
};
