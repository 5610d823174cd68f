import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AudienceFilter, type SentMessage } from '../../../core/contract/messaging.ts';
import { CliError } from '../failure.ts';
import { findAgent } from '../find-agent.ts';
import { ago } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { page, pageFlags, pageNote, wholeNumber } from '../inputs.ts';
import { readValue } from '../read-value.ts';

const week = 7 * 24 * 3600;

const Send = z.object({
  agent: z.string().optional(),
  content: z.string().optional(),
  text: z.string().optional(),
  group: z.string().optional(),
  topic: z.string().optional(),
  capability: z.string().optional(),
  all: z.boolean().default(false),
  ttl: wholeNumber(1, week).optional(),
});

/** Whom the words name: exactly one audience. */
const addressOf = ({ agent, group, topic, capability, all }: z.infer<typeof Send>) => {
  const named = [
    ...(agent === undefined ? [] : [{ mode: 'direct' as const, to: agent }]),
    ...(group === undefined ? [] : [{ mode: 'multicast' as const, group }]),
    ...(topic === undefined ? [] : [{ mode: 'publish' as const, topic }]),
    ...(capability === undefined ? [] : [{ mode: 'broadcast' as const, filter: AudienceFilter.parse({ capability }) }]),
    ...(all ? [{ mode: 'broadcast' as const }] : []),
  ];
  const [address, ...others] = named;
  if (address !== undefined && others.length === 0) return address;
  throw new CliError(address === undefined ? 'The message is for nobody.' : 'The message has more than one address.', {
    hint: 'Name an agent, or give one of --group, --topic, --capability and --all.',
  });
};

const describe = (sent: SentMessage | undefined): string => {
  const { recipients, isSpread = false, full = [] } = sent ?? {};
  if (isSpread) return 'Being spread to a large audience.';
  const left = full.length === 0 ? '' : `; the mailboxes of ${full.join(', ')} are full`;
  return `In ${recipients ?? 0} mailbox${recipients === 1 ? '' : 'es'}${left}.`;
};

const send = leaf({
  usage: 'send [agent]',
  summary: 'Send a message to an agent, a group, a topic, or all of a capability',
  flags: [
    ['--text <text>', 'what it says'],
    ['--content <json>', 'what it says, as JSON, a file of it, or - for standard input'],
    ['--group <name>', 'to the members of a group'],
    ['--topic <topic>', 'to whoever subscribes to it'],
    ['--capability <name>', 'to all agents that have it'],
    ['--all', 'to all agents'],
    ['--ttl <seconds>', 'how long it waits for an agent that is away (default: a day)'],
  ],
  examples: [
    'message send reviewer-1 --text "Pull request 17 is yours."',
    `message send --topic releases.shop.started --content '{"version":"17.0.1"}'`,
  ],
  input: Send,
  async run(given, cli) {
    const address = addressOf(given);
    const { content, text, ttl } = given;
    if ((content === undefined) === (text === undefined))
      throw new CliError('A message says one thing.', { hint: 'Give --text or --content.' });
    const said = content === undefined ? (text ?? '') : await readValue(cli.surroundings, '--content', content);
    const message = {
      id: randomUUID(),
      ...address,
      content: said,
      ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    };
    const [sent] = await (await cli.client()).sendMessages([message]);
    cli.output.result(sent, () => describe(sent));
  },
});

const waiting = leaf({
  usage: 'waiting <agent>',
  summary: 'List what waits in an agent’s mailbox, and what it never took',
  flags: [...pageFlags],
  examples: ['message waiting reviewer-1'],
  input: z.object({ ...page, agent: z.string() }),
  async run({ agent, ...query }, cli) {
    const { agentId } = await findAgent(cli, agent);
    const found = await (await cli.operator()).listMail(agentId, query);
    const now = cli.surroundings.timers.now();
    cli.output.rows(found, {
      head: ['STATUS', 'FROM', 'SENT', 'MESSAGES'],
      rows: found.items.map(({ status, from, sentAt, messages }) => [
        cli.output.paint.status(status),
        from,
        ago(sentAt, now),
        messages.join(', '),
      ]),
      none: 'Nothing waits.',
    });
    pageNote(found, cli);
  },
});

/** `muster message`. */
export const messagesGroup: Group = {
  name: 'message',
  alias: 'messages',
  summary: 'Messages: sending them to agents, and what waits for one',
  leaves: [send, waiting],
};
