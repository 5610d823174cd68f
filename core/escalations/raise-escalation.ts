import { usualPolicy } from '../contract/approval-chain.ts';
import { type EscalationRequest, escalationType, type Severity } from '../contract/escalation.ts';
import type { Priority } from '../contract/priority.ts';
import { TaskSubmission } from '../contract/task.ts';
import { type Asker, askedBy, openParent } from '../requests/asker.ts';
import type { Services } from '../services.ts';
import { submitTask } from '../tasks/submit-task.ts';
import type { Task } from '../tasks/task.ts';

const priorities: Readonly<Record<Severity, Priority>> = {
  low: 'low',
  medium: 'normal',
  high: 'high',
  critical: 'critical',
};

/**
 * Puts something before people: an approval of type `escalation` whose options they answer by, listed with the approvals and
 * by itself. Every answer lets it succeed, with the decision as its output; without one it expires. Taken also while the
 * tenant shuts down or has used up its quota of tasks: it is people who are asked. The same key again is the same escalation.
 * `settles`: what takes the answer as soon as it is given, as `SettleMessage` names it.
 *
 * @throws InvalidFieldError for a policy that there is not, NotFoundError for a task that is none of this tenant's, IdempotencyMismatchError, PayloadTooLargeError.
 */
export const raiseEscalation = async (
  services: Services,
  asker: Asker,
  request: EscalationRequest,
  settles?: string,
): Promise<Task> => {
  const { severity, options, timeoutSeconds, taskId, chain, policy = usualPolicy, ...said } = request;
  const input = { severity, ...said, ...(taskId === undefined ? {} : { taskId }), from: askedBy(asker) };
  return submitTask(services, {
    ...asker,
    settles,
    policyField: 'policy',
    parentTask: await openParent(services, asker.principal, taskId),
    submission: TaskSubmission.parse({
      kind: 'approval',
      type: escalationType,
      description: request.issue,
      input,
      priority: request.requiresImmediateAttention ? 'critical' : priorities[severity],
      timeoutSeconds,
      approval: { options, proceedOn: options, ...(chain === undefined ? { policy } : { chain }) },
    }),
  });
};
