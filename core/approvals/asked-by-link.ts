import type { AskedByLink } from '../contract/approval-link.ts';
import { withReadUrl } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { howItStands } from './how-ended.ts';
import type { OpenLink } from './links.ts';

/** What a link asks, as whoever opens it is told: nothing to decide once the approval has ended, and how it did. */
export const askedByLink = async (services: Services, { link, task, offered }: OpenLink): Promise<AskedByLink> => {
  const stands = howItStands(task);
  const { place, description } = task;
  return {
    for: link.for,
    type: task.type,
    ...(description === undefined ? {} : { description }),
    input: await withReadUrl(services, task.tenant, task.input),
    ...(place === undefined ? {} : { runId: place.runId, step: place.step }),
    ...stands,
    decisions: stands.state === 'open' ? [...offered] : [],
    endsAt: link.endsAt,
  };
};
