import type { RosterEntry } from '../agents/agent.ts';
import type { AudienceFilter } from '../contract/messaging.ts';

/** Whether a broadcast is for an agent. */
export const isAmong = ({ capability, type, labels = {} }: AudienceFilter, agent: RosterEntry): boolean =>
  (capability === undefined || agent.capabilities.some(({ name }) => name === capability)) &&
  (type === undefined || agent.type === type) &&
  Object.entries(labels).every(([name, value]) => agent.labels[name] === value);
