import * as z from 'zod';
import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import type { ApprovalAnswer, LinkRequest } from '../contract/approval-link.ts';
import { Name, TaskId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { AppError } from '../errors/app-error.ts';
import { InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { absent, any, atLeast, equal, plus, set } from '../table/conditions.ts';
import { answerApproval } from '../tasks/answer-approval.ts';
import { AlreadyTerminalError, IdempotencyMismatchError } from '../tasks/errors.ts';
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
  requestHash: z.string().optional(),
  spentWith: z.string().optional(),
});
type StoredLink = z.infer<typeof StoredLink>;

const findApproval = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<Task | undefined> => {
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  return found.kind === 'task' && found.task.kind === 'approval' ? found.task : undefined;
};

const randomToken = ({ random }: Services): string => Buffer.concat([random.bytes(), random.bytes()]).toString('hex');

const tokenForm = /^[0-9a-f]{64}$/;

/** Which link, of whom. */
export interface LinkMaking {
  readonly principal: Principal;
  readonly taskId: TaskId;
  readonly request: LinkRequest;
  /** What only the same caller can say again of the same request; without it each link is another one. */
  readonly repeatSecret?: string | undefined;
}

/**
 * Makes a token by which one person, without a key, answers one approval once. It has 256 bits and is found by its hash, as a
 * ticket is: one changed bit names nothing, and an answer takes no longer for a token that is nearly right. A request that is
 * sent again derives the same token from what its caller alone knows, so that it is told again and kept nowhere.
 *
 * @throws NotFoundError for what is no approval of this tenant's, AlreadyTerminalError for one that has ended,
 * InvalidFieldError for a decision that is no option, IdempotencyMismatchError for another request under the same key.
 */
export const createLink = async (
  services: Services,
  { principal: { tenant }, taskId, request, repeatSecret }: LinkMaking,
): Promise<{ readonly token: string; readonly for: string; readonly expiresAt: number }> => {
  const { for: person, decision, expiresInSeconds } = request;
  const task = await findApproval(services, tenant, taskId);
  if (task === undefined) throw new NotFoundError('approval', taskId);
  if (isTerminal(task.status)) throw new AlreadyTerminalError(taskId, task.status);
  const { options = [] } = task.approval ?? {};
  if (decision !== undefined && !options.includes(decision))
    throw new InvalidFieldError('decision', `"${decision}" is none of ${options.join(', ')}.`);
  const token =
    repeatSecret === undefined ? randomToken(services) : sha256Hex(canonicalJson(['link', tenant, repeatSecret]));
  const requestHash = sha256Hex(canonicalJson([taskId, request]));
  const endsAt = services.clock.now() + expiresInSeconds * 1000;
  const written = await services.table.put({
    key: keys.link(sha256Hex(token)),
    item: {
      approval: { tenant, taskId },
      for: person,
      ...(decision === undefined ? {} : { decision }),
      requestHash,
      endsAt,
      expiresAtEpochSeconds: Math.ceil(endsAt / 1000),
    },
    clauses: { isNewLink: absent('pk') },
  });
  if (written.won) return { token, for: person, expiresAt: endsAt };
  const made = StoredLink.parse(written.item);
  if (made.requestHash !== requestHash) throw new IdempotencyMismatchError();
  return { token, for: made.for, expiresAt: made.endsAt };
};

/** A link that is good, and the approval that it is for. */
export interface OpenLink {
  readonly link: StoredLink;
  readonly task: Task;
  /** What it takes while the approval is open. */
  readonly offered: readonly string[];
}

/**
 * What a link asks. Looking spends nothing: mail scanners open links.
 * @throws LinkNotValidError; RateLimitedError when its tenant's requests of this minute are used up.
 */
export const readLink = async (services: Services, token: string): Promise<OpenLink> => {
  // What cannot be one costs no read.
  if (!tokenForm.test(token)) throw new LinkNotValidError();
  const found = StoredLink.safeParse(await services.table.get(keys.link(sha256Hex(token)), { consistent: true }));
  if (!found.success || found.data.endsAt <= services.clock.now()) throw new LinkNotValidError();
  const link = found.data;
  const { tenant, taskId } = link.approval;
  await takeToken(services, tenant);
  const task = await findApproval(services, tenant, taskId);
  // Forgotten since: who has only the link is told of the link alone.
  if (task === undefined) throw new LinkNotValidError();
  if (link.spentWith !== undefined && isTerminal(task.status)) throw new LinkNotValidError();
  const { decision } = link;
  return { link, task, offered: decision === undefined ? (task.approval?.options ?? []) : [decision] };
};

const spend = async (services: Services, token: string, decision: string): Promise<void> => {
  const spent = await services.table.update({
    key: keys.link(sha256Hex(token)),
    set: [set('spentWith', decision), plus('spends', 1, 0)],
    clauses: {
      stillGood: atLeast('endsAt', services.clock.now()),
      unspent: any(absent('spentWith'), equal('spentWith', decision)),
    },
  });
  if (!spent.won) throw new LinkNotValidError();
};

/**
 * Answers an approval by a link, once. The link is spent before the approval is answered; should the answer be lost between
 * the two, the same decision may be sent again until the approval has ended. One that has ended spends nothing.
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
  answer: ApprovalAnswer,
): Promise<{ readonly task: Task; readonly principal: Principal }> => {
  const { link, task, offered } = await readLink(services, token);
  const { tenant, taskId } = link.approval;
  if (!offered.includes(answer.decision))
    throw new InvalidFieldError('decision', `"${answer.decision}" is none of ${offered.join(', ')}.`);
  if (!isTerminal(task.status)) await spend(services, token, answer.decision);
  const principal = Principal.parse({ tenant, id: `link:${link.for}`, role: 'operator', scopes: ['tasks:operate'] });
  return { task: await answerApproval(services, principal, taskId, answer), principal };
};
