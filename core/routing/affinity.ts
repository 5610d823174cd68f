import type { RosterEntry } from '../agents/agent.ts';
import type { Affinity, Requirements } from '../contract/task.ts';

type Order = 'GT' | 'GTE' | 'LT' | 'LTE';

const inOrder: Readonly<Record<Order, (label: number, value: number) => boolean>> = {
  GT: (label, value) => label > value,
  GTE: (label, value) => label >= value,
  LT: (label, value) => label < value,
  LTE: (label, value) => label <= value,
};

/** Whether an agent's labels are as an affinity wants. An absent label, or one of another type, is only NOT_EQUAL. */
export const isSatisfied = ({ label, comparator, value }: Affinity, labels: RosterEntry['labels']): boolean => {
  const own = labels[label];
  if (comparator === 'EQUAL') return own === value;
  if (comparator === 'NOT_EQUAL') return own !== value;
  return typeof own === 'number' && typeof value === 'number' && inOrder[comparator](own, value);
};

/** Whether a required affinity rules an agent out. */
export const isRuledOut = (requirements: Requirements, labels: RosterEntry['labels']): boolean =>
  (requirements.affinity ?? []).some((affinity) => affinity.required && !isSatisfied(affinity, labels));

/** What an agent's labels count for a task: the sum of the weights of the preferred ones it has. */
export const affinityWeight = (requirements: Requirements, labels: RosterEntry['labels']): number =>
  (requirements.affinity ?? [])
    .filter((affinity) => !affinity.required && isSatisfied(affinity, labels))
    .reduce((sum, { weight }) => sum + weight, 0);
