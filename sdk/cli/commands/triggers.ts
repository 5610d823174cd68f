import * as z from 'zod';
import { TriggerDefinition, type TriggerView } from '../../../core/contract/trigger.ts';
import { jsonText } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { readShape } from '../read-value.ts';

const firesOn = ({ schedule, eventPattern }: TriggerView): string =>
  schedule === undefined ? jsonText(eventPattern) : `${schedule.expression} ${schedule.timeZone}`;

const stateOf = ({ enabled, ended }: TriggerView): string => {
  if (ended === true) return 'ended';
  return enabled ? 'active' : 'inactive';
};

const put = leaf({
  usage: 'put <file>',
  summary: 'Have a workflow start whenever an event matches, or at certain times',
  description:
    'A trigger of the same name is replaced. It stays with the version of the workflow that it names or finds.',
  examples: [
    'trigger put on-order.json',
    `trigger put '{"name":"nightly","workflow":"review","schedule":{"expression":"cron(0 3 * * ? *)"}}'`,
  ],
  input: z.object({ file: z.string() }),
  async run({ file }, cli) {
    const given = { option: '<file>', given: file, shape: TriggerDefinition, of: 'trigger' };
    const view = await (await cli.operator()).putTrigger(await readShape(cli.surroundings, given));
    cli.output.result(view, () => `${view.name} starts ${view.workflow} v${view.version} on ${firesOn(view)}`);
  },
});

const list = leaf({
  usage: 'ls',
  summary: 'List triggers by name',
  examples: ['trigger ls'],
  input: z.object({}),
  async run(_, cli) {
    const found = await (await cli.operator()).listTriggers();
    const { paint } = cli.output;
    cli.output.rows(found, {
      head: ['TRIGGER', 'WORKFLOW', 'STATE', 'ON'],
      rows: found.items.map((trigger) => [
        trigger.name,
        `${trigger.workflow} v${trigger.version}`,
        paint.status(stateOf(trigger)),
        firesOn(trigger),
      ]),
      none: 'No triggers. `muster trigger put <file>` makes one.',
    });
  },
});

const show = leaf({
  usage: 'show <trigger>',
  summary: 'Show a trigger, as JSON',
  examples: ['trigger show nightly'],
  input: z.object({ trigger: z.string() }),
  async run({ trigger }, cli) {
    const found = await (await cli.operator()).getTrigger(trigger);
    cli.output.result(found, () => jsonText(found, 2));
  },
});

const remove = leaf({
  usage: 'rm <trigger>',
  summary: 'Remove a trigger; runs that it started go on',
  examples: ['trigger rm nightly'],
  input: z.object({ trigger: z.string() }),
  async run({ trigger }, cli) {
    await (await cli.operator()).removeTrigger(trigger);
    cli.output.result({ name: trigger, removed: true }, () => `${trigger} is removed.`);
  },
});

/** `muster trigger`. */
export const triggersGroup: Group = {
  name: 'trigger',
  alias: 'triggers',
  summary: 'Triggers: workflows that start by events and times',
  leaves: [put, list, show, remove],
};
