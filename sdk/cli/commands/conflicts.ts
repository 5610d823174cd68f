import * as z from 'zod';
import { ConflictStatus } from '../../../core/contract/conflict.ts';
import { jsonText } from '../format.ts';
import { type Group, leaf } from '../group.ts';

const list = leaf({
  usage: 'ls',
  summary: 'List conflicts of agents, newest first',
  examples: ['conflict ls', 'conflict ls --status ESCALATED'],
  flags: [['--status <status>', 'only RESOLVED, ESCALATED or UNRESOLVED']],
  input: z.object({ status: ConflictStatus.optional() }),
  async run({ status }, cli) {
    const found = await (await cli.operator()).listConflicts({ status });
    cli.output.rows(found, {
      head: ['CONFLICT', 'TYPE', 'SEVERITY', 'STATUS', 'DECISION'],
      rows: found.items.map(({ conflictId, type, severity, status: own, decision, escalationId }) => [
        conflictId,
        type,
        severity,
        own,
        decision === undefined ? (escalationId ?? '') : jsonText(decision),
      ]),
      none: 'No conflicts.',
    });
  },
});

const show = leaf({
  usage: 'show <conflict>',
  summary: 'Show a conflict: positions, decision, rationale, log; as JSON',
  examples: ['conflict show cfl_01980f3e-7c1a-8d2e-9b1f-3a5c6d7e8f90'],
  input: z.object({ conflict: z.string() }),
  async run({ conflict }, cli) {
    const found = await (await cli.operator()).getConflict(conflict);
    cli.output.result(found, () => jsonText(found, 2));
  },
});

/** `muster conflict`. */
export const conflictsGroup: Group = {
  name: 'conflict',
  alias: 'conflicts',
  summary: 'Conflicts: what agents disagree about, and what holds',
  leaves: [list, show],
};
