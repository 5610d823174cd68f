import * as z from 'zod';
import type { Cloud } from './cloud.ts';
import { ask } from './left-over.ts';

const Groups = z.looseObject({ logGroups: z.array(z.looseObject({ logGroupName: z.string() })).default([]) });
const Events = z.looseObject({ events: z.array(z.looseObject({ message: z.string() })).default([]) });

const isTrouble = (message: string): boolean => /"level":"(WARN|ERROR)"|Error:/.test(message);
const longestLine = 1_200;

/** What the functions warned of and failed with: the first thing to read when a step fails. */
export const functionTroubles = async (cloud: Cloud): Promise<readonly string[]> => {
  const found: string[] = [];
  const { logGroups } = Groups.parse(
    JSON.parse(await ask(cloud, 'logs', { target: 'Logs_20140328.DescribeLogGroups' })),
  );
  for (const { logGroupName } of logGroups) {
    const body = JSON.stringify({ logGroupName });
    const text = await ask(cloud, 'logs', { target: 'Logs_20140328.FilterLogEvents', body });
    const messages = Events.parse(JSON.parse(text)).events.map(({ message }) => message);
    found.push(
      ...messages.filter(isTrouble).map((message) => `${logGroupName}: ${message.trim().slice(0, longestLine)}`),
    );
  }
  return found;
};
