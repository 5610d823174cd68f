import * as z from 'zod';
import { sha256Hex } from '../common/hash-id.ts';
import type { LinkRequest } from '../contract/approval-link.ts';
import { Name, TaskId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { AppError } from '../errors/app-error.ts';
import { InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { absent, any, atLeast, equal, plus, set } from '../table/conditions.ts';
import { answerApproval } from '../tasks/answer-approval.ts';
import { AlreadyTerminalError } from '../tasks/errors.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { takeToken } from '../tenants/take-token.ts';

/** One that never was, has been used, or has expired: the three are not told apart. */
export class LinkNotValidError extends AppError {
  override readonly name = 'LinkNotValidError';
  constructor() {
    super('NOT_FOUND', 'This link is not valid, or not any more. Ask for a new one.');
  }
}

/** What is kept of a link: its token only as a hash, so that nobody who reads the table can answer. */
const StoredLink = z.looseObject({
  approval: z.looseObject({ tenant: TenantId, taskId: TaskId }),
  for: Name,
  decision: Name.optional(),
  endsAt: z.number(),
  spentWith: z.string().optional(),
});
type StoredLink = z.infer<typeof StoredLink>;

const readApproval = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<Task> => {
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  if (found.kind !== 'task' || found.task.kind !== 'approval') throw new NotFoundError('approval', taskId);
  return found.task;
};

/**
 * Makes a token by which one person, without a key, answers one approval once. It is random (256 bits) and found by its
 * hash, as a ticket is: there is no signing key to keep or to rotate, one changed bit names nothing, an answer takes no longer
 * for a token that is nearly right, and removing the item revokes it.
 *
 * @throws NotFoundError for what is no approval of this tenant's, AlreadyTerminalError for one that has ended,
 * InvalidFieldError for a decision that is no option.
 */
export const createLink = async (
  services: Services,
  { tenant }: Principal,
  taskId: TaskId,
  { for: person, decision, expiresInSeconds }: LinkRequest,
): Promise<{ readonly token: string; readonly for: string; readonly expiresAt: number }> => {
  const task = await readApproval(services, tenant, taskId);
  if (isTerminal(task.status)) throw new AlreadyTerminalError(taskId, task.status);
  const { options = [] } = task.approval ?? {};
  if (decision !== undefined && !options.includes(decision))
    throw new InvalidFieldError('decision', `"${decision}" is none of ${options.join(', ')}.`);
  const token = Buffer.concat([services.random.bytes(), services.random.bytes()]).toString('hex');
  const endsAt = services.clock.now() + expiresInSeconds * 1000;
  await services.table.put({
    key: keys.link(sha256Hex(token)),
    item: {
      approval: { tenant, taskId },
      for: person,
      ...(decision === undefined ? {} : { decision }),
      endsAt,
      expiresAtEpochSeconds: Math.ceil(endsAt / 1000),
    },
    clauses: {},
  });
  return { token, for: person, expiresAt: endsAt };
};

/** A link that is good, and the approval that it is for. */
export interface OpenLink {
  readonly link: StoredLink;
  readonly task: Task;
  /** What may be answered by it. */
  readonly decisions: readonly string[];
}

/**
 * What a link asks. Looking spends nothing: mail scanners open links.
 * @throws LinkNotValidError; RateLimitedError when its tenant's requests of this minute are used up.
 */
export const readLink = async (services: Services, token: string): Promise<OpenLink> => {
  const found = StoredLink.safeParse(await services.table.get(keys.link(sha256Hex(token)), { consistent: true }));
  if (!found.success || found.data.endsAt <= services.clock.now()) throw new LinkNotValidError();
  const link = found.data;
  const { tenant, taskId } = link.approval;
  await takeToken(services, tenant);
  const task = await readApproval(services, tenant, taskId);
  if (link.spentWith !== undefined && isTerminal(task.status)) throw new LinkNotValidError();
  const { decision } = link;
  return { link, task, decisions: decision === undefined ? (task.approval?.options ?? []) : [decision] };
};

/**
 * Answers an approval by a link, once. The link is spent before the approval is answered; should the answer be lost between
 * the two, the same decision may be sent again until the approval has ended.
 *
 * ```
 * A  spend with approved if unspent   ✔ answer
 * B  spend with denied if unspent     ✘ not valid any more
 * ```
 *
 * @throws LinkNotValidError, InvalidFieldError for what the link does not offer, RateLimitedError; AlreadyTerminalError or
 * ApprovalExpiredError when the approval has ended otherwise.
 */
export const answerByLink = async (
  services: Services,
  token: string,
  answer: { readonly decision: string; readonly comment?: string | undefined },
): Promise<{ readonly task: Task; readonly principal: Principal }> => {
  const { link, decisions } = await readLink(services, token);
  const { tenant, taskId } = link.approval;
  if (!decisions.includes(answer.decision))
    throw new InvalidFieldError('decision', `"${answer.decision}" is none of ${decisions.join(', ')}.`);
  const nowMs = services.clock.now();
  const spent = await services.table.update({
    key: keys.link(sha256Hex(token)),
    set: [set('spentWith', answer.decision), plus('spends', 1, 0)],
    clauses: {
      stillGood: atLeast('endsAt', nowMs),
      unspent: any(absent('spentWith'), equal('spentWith', answer.decision)),
    },
  });
  if (!spent.won) throw new LinkNotValidError();
  const principal = Principal.parse({ tenant, id: `link:${link.for}`, role: 'operator', scopes: ['tasks:operate'] });
  return { task: await answerApproval(services, principal, taskId, answer), principal };
};
