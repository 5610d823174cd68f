import * as z from 'zod';
import type { TaskView } from '../../../core/contract/task.ts';
import { CliError } from '../failure.ts';
import { ago, jsonText } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { page, pageFlags, pageNote, wholeNumber } from '../inputs.ts';
import { canAsk, choose } from '../prompts.ts';
import { suggestion } from '../suggest.ts';

const optionsOf = ({ approval }: TaskView): readonly string[] => approval?.options ?? ['approved', 'denied'];

const list = leaf({
  usage: 'ls',
  summary: 'List what people are asked to approve, newest first',
  flags: [['--all', 'also what is answered'], ...pageFlags],
  examples: ['approval ls'],
  input: z.object({ ...page, all: z.boolean().default(false) }),
  async run({ all, ...query }, cli) {
    const found = await (await cli.client()).listApprovals({ ...query, open: !all });
    const now = cli.surroundings.timers.now();
    cli.output.rows(found, {
      head: ['APPROVAL', 'STATUS', 'ASKED', 'RUN', 'OPTIONS', 'ABOUT'],
      rows: found.items.map((task) => [
        task.taskId,
        cli.output.paint.status(task.status),
        ago(task.createdAt, now),
        task.runId ?? '',
        optionsOf(task).join(', '),
        jsonText(task.input),
      ]),
      none: 'Nothing waits for a person.',
    });
    pageNote(found, cli);
  },
});

const answer = leaf({
  usage: 'answer <approval> [decision]',
  summary: 'Answer an approval by one of its options',
  description: 'Without a decision it is asked for, where there is a terminal.',
  flags: [['--comment <text>', 'why']],
  examples: ['approval answer tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90 approved --comment "reviewed with the team"'],
  input: z.object({ approval: z.string(), decision: z.string().optional(), comment: z.string().max(4096).optional() }),
  async run({ approval, decision, comment }, cli) {
    const client = await cli.client();
    const task = await client.getTask(approval);
    const options = optionsOf(task);
    if (decision !== undefined && !options.includes(decision))
      throw new CliError(`${decision} is no option.`, { hint: suggestion(decision, options, '') });
    if (decision === undefined && !canAsk(cli.surroundings))
      throw new CliError('There is no decision, and nobody to ask for it.', {
        hint: `Give one of ${options.join(', ')}.`,
      });
    if (decision === undefined) cli.output.aside(jsonText(task.input, 2));
    const chosen = decision ?? (await choose('Your decision', options));
    const view = await client.answerApproval(approval, { decision: chosen, comment });
    cli.output.result(view, () => `${view.taskId} is ${chosen}.`);
  },
});

const link = leaf({
  usage: 'link <approval>',
  summary: 'Make a link by which one person answers an approval once, without a key',
  description: 'Shown once. Whoever has the link may answer as that person.',
  flags: [
    ['--for <name>', 'who it is for'],
    ['--decision <decision>', 'the only answer that it takes (default: the person chooses)'],
    ['--expires <seconds>', 'how long it is good for, 1 to 604800 (default: a day)'],
  ],
  examples: ['approval link tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90 --for ada --expires 3600'],
  input: z.object({
    approval: z.string(),
    for: z.string(),
    decision: z.string().optional(),
    expires: wholeNumber(1, 7 * 24 * 3600).optional(),
  }),
  async run({ approval, expires, ...asked }, cli) {
    const expiry = expires === undefined ? {} : { expiresInSeconds: expires };
    const made = await (await cli.operator()).createApprovalLink(approval, { ...asked, ...expiry });
    cli.output.result(made, () => made.url);
  },
});

/** `muster approval`. */
export const approvalsGroup: Group = {
  name: 'approval',
  alias: 'approvals',
  summary: 'Approvals: what waits for a person, and answering it',
  leaves: [list, answer, link],
};
