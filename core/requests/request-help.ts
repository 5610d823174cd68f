import { findAgent } from '../agents/find-agent.ts';
import { usualPolicy } from '../contract/approval-chain.ts';
import type { CollaborationRequest, ResourceRequest } from '../contract/escalation.ts';
import { Requirements, TaskSubmission, type TaskSubmissionInput } from '../contract/task.ts';
import { InvalidFieldError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import type { Task } from '../tasks/task.ts';
import { submitAdmitted } from '../tenants/admission.ts';
import { type Asker, askedBy, openParent } from './asker.ts';

type Asked = CollaborationRequest | ResourceRequest;

/** @throws NotFoundError for an unknown agent, InvalidFieldError for the asker itself. */
const requirementsOf = async (services: Services, asker: Asker, request: Asked): Promise<Requirements> => {
  const { agent, capability } = request;
  if (agent === undefined) return Requirements.parse({ capabilities: capability === undefined ? [] : [capability] });
  const agentId = await findAgent(services, asker.principal.tenant, agent);
  if (agentId === asker.agentId) throw new InvalidFieldError('agent', 'An agent cannot ask itself.');
  return Requirements.parse({ agentId });
};

const submit = async (services: Services, asker: Asker, request: Asked, task: TaskSubmissionInput): Promise<Task> => {
  const { priority, timeoutSeconds, taskId } = request;
  return submitAdmitted(services, {
    ...asker,
    policyField: 'policy',
    parentTask: await openParent(services, asker.principal, taskId),
    submission: TaskSubmission.parse({ priority, timeoutSeconds, ...task }),
    // Whoever needs help is not the one that gives it.
    ...(asker.agentId === undefined ? {} : { excluded: [asker.agentId] }),
  });
};

/**
 * Asks an agent for help: a task of type `collaboration` for the one that is named, or for one that has the capability, and
 * never for the asker. Its end comes as that of any submitted task. The same request again is the same task.
 *
 * @throws NotFoundError for an unknown agent or task, InvalidFieldError for the asker itself, QuotaExceededError.
 */
export const requestCollaboration = async (
  services: Services,
  asker: Asker,
  request: CollaborationRequest,
): Promise<Task> => {
  const { purpose, input } = request;
  return submit(services, asker, request, {
    type: 'collaboration',
    description: purpose,
    input,
    context: { from: askedBy(asker) },
    requirements: await requirementsOf(services, asker, request),
  });
};

/**
 * Asks for a resource: a task of type `resource` for the agent that is named or has the capability, else an approval that an
 * operator answers `granted` or `denied`, asked in turn where the request or the tenant has a chain. The same request again is the same task.
 *
 * @throws as {@link requestCollaboration}.
 */
export const requestResource = async (services: Services, asker: Asker, request: ResourceRequest): Promise<Task> => {
  const { resource, amount, unit, purpose, agent, capability, chain, policy = usualPolicy } = request;
  const input = { resource, amount, ...(unit === undefined ? {} : { unit }), purpose, from: askedBy(asker) };
  const common = { type: 'resource', description: purpose, input };
  if (agent === undefined && capability === undefined)
    return submit(services, asker, request, {
      ...common,
      kind: 'approval',
      approval: {
        options: ['granted', 'denied'],
        proceedOn: ['granted'],
        ...(chain === undefined ? { policy } : { chain }),
      },
    });
  return submit(services, asker, request, {
    ...common,
    requirements: await requirementsOf(services, asker, request),
  });
};
