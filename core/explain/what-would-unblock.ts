import type { WhyNot } from '../routing/candidate.ts';
import type { Task } from '../tasks/task.ts';

const advice: Readonly<Partial<Record<WhyNot, string>>> = {
  breaker_open:
    'A minute without work for an agent that failed five times in a row; then it gets one task to prove itself.',
  full: 'A slot of a busy agent becoming free, a larger maxConcurrency, or another agent with the same capabilities.',
  offline: 'A disconnected agent that fits connecting again.',
  silent: 'A silent agent that fits sending a heartbeat.',
  draining: 'Setting a draining agent that fits back to active.',
  inactive: 'Setting an inactive agent that fits back to active.',
  paused: 'Resuming a paused agent that fits.',
  confidence_too_low: 'An agent with more confidence in the required capabilities, or a lower minConfidence.',
  label_mismatch: 'An agent whose labels match.',
  wrong_type: 'An agent of the required type.',
  no_handler:
    'An agent that does tasks of this type: with it among its taskTypes, or without taskTypes, which takes any.',
};

const missingCapability = (task: Task): string =>
  `An agent registering with ${task.requirements.capabilities.map((name) => `"${name}"`).join(', ') || 'any capability'}.`;

/**
 * What would let a waiting task go on, nearest first: what stands between it and agents that fit, and only when no agent
 * fits at all, what one would need.
 */
export const whatWouldUnblock = (task: Task, reasons: readonly (WhyNot | undefined)[], complete: boolean): string[] => {
  if (task.status === 'PENDING' && task.runAt !== undefined)
    return [`Its start time, ${new Date(task.runAt).toISOString()}.`];
  if (task.waitingFor !== undefined) return [`The end of its children: ${task.waitingFor.join(', ')}.`];
  if (task.status === 'PENDING') return ['Its turn in its stage.'];
  if (reasons.includes(undefined))
    return ['Nothing: an agent can take it now. The next sweep gives it one at the latest.'];
  if (task.pinnedUntil !== undefined)
    return [
      `The agent ${task.requirements.agentId ?? ''}, to which it was handed over; from ${new Date(task.pinnedUntil).toISOString()} whoever is fit.`,
    ];
  const order: readonly WhyNot[] = [
    'full',
    'paused',
    'draining',
    'inactive',
    'silent',
    'breaker_open',
    'offline',
    'confidence_too_low',
    'label_mismatch',
    'wrong_type',
    'no_handler',
  ];
  const present = order.filter((reason) => reasons.includes(reason)).flatMap((reason) => advice[reason] ?? []);
  if (task.requirements.agentId !== undefined && present.length === 0)
    return [`The agent ${task.requirements.agentId} connecting: the task is pinned to it.`];
  if (present.length > 0) return present;
  return [
    missingCapability(task),
    ...(complete ? [] : ['Only a sample of the agents was looked at; one outside it may fit.']),
  ];
};
