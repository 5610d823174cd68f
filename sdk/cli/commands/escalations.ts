import * as z from 'zod';
import { ago } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { page, pageFlags, pageNote } from '../inputs.ts';

const Told = z.looseObject({ severity: z.string(), issue: z.string() });

const list = leaf({
  usage: 'ls',
  summary: 'List what agents could not settle and put before people, newest first',
  flags: [['--all', 'also what is answered'], ...pageFlags],
  examples: ['escalation ls'],
  input: z.object({ ...page, all: z.boolean().default(false) }),
  async run({ all, ...query }, cli) {
    const found = await (await cli.operator()).listEscalations({ ...query, open: !all });
    const now = cli.surroundings.timers.now();
    cli.output.rows(found, {
      head: ['ESCALATION', 'STATUS', 'RAISED', 'SEVERITY', 'ASKED', 'ISSUE'],
      rows: found.items.map(({ taskId, status, createdAt, input, chain }) => {
        const told = Told.safeParse(input).data;
        const asked = chain?.contact ?? '';
        return [
          taskId,
          cli.output.paint.status(status),
          ago(createdAt, now),
          told?.severity ?? '',
          asked,
          told?.issue ?? '',
        ];
      }),
      none: 'Nothing waits for a person.',
    });
    pageNote(found, cli);
  },
});

/** `muster escalation`. */
export const escalationsGroup: Group = {
  name: 'escalation',
  alias: 'escalations',
  summary: 'Escalations: what agents put before people; answered with `muster approval answer`',
  leaves: [list],
};
