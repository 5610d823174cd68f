import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { type ConflictReport, ConflictSettings, type ConflictView } from '../contract/conflict.ts';
import { jsonBytes } from '../contract/json.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { forgottenAfter } from '../contract/retention.ts';
import { InvalidFieldError, PayloadTooLargeError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { absent } from '../table/conditions.ts';
import { IdempotencyMismatchError } from '../tasks/errors.ts';
import { knownSettings } from '../tenants/settings.ts';
import { Conflict, conflictIdOf, conflictView } from './conflict.ts';
import { trustOfType } from './learn.ts';
import { recentlyDecided } from './read-conflicts.ts';
import { resolveReport } from './resolve.ts';
import { settleConflict } from './settle.ts';

/** Who reports what, and under which key. */
export interface ReportRequest {
  readonly principal: Principal;
  /** `Idempotency-Key`, or the envelope's id. */
  readonly idempotencyKey: string;
  readonly report: ConflictReport;
  /** Whom the decision of people is told; nobody of a report over HTTP. */
  readonly from?: Conflict['from'];
}

/** What the rules make of a report, to be stored. */
const judge = async (
  services: Services,
  { principal, idempotencyKey, report, from }: ReportRequest,
): Promise<Conflict> => {
  const { tenant } = principal;
  const [decided, settings] = await Promise.all([recentlyDecided(services, tenant), knownSettings(services, tenant)]);
  const rules = ConflictSettings.parse(settings.conflicts ?? {});
  const { reasons, proposal, ...resolution } = resolveReport(report, rules, trustOfType(decided, report.type));
  const nowMs = services.clock.now();
  const isSettled = reasons.length === 0;
  return Conflict.parse({
    tenant,
    conflictId: conflictIdOf(principal, idempotencyKey),
    reportHash: sha256Hex(canonicalJson(report)),
    reporter: principal,
    report,
    ...(from === undefined ? {} : { from }),
    ...resolution,
    proposal,
    reasons,
    status: isSettled ? 'RESOLVED' : 'ESCALATED',
    ...(isSettled ? { decision: proposal, decidedBy: 'rules' } : {}),
    log: [
      { at: nowMs, event: 'reported', by: principal.id },
      { at: nowMs, event: isSettled ? 'resolved' : `to be decided by people: ${reasons.join(', ')}`, by: 'rules' },
    ],
    createdAt: nowMs,
  });
};

/** @throws InvalidFieldError for an agent that is named twice: it would count twice, or contradict itself. */
const requireOnePositionEach = ({ positions }: ConflictReport): void => {
  const holders = positions.map(({ agentId }) => agentId);
  const again = holders.findIndex((agentId, position) => holders.indexOf(agentId) < position);
  if (again >= 0)
    throw new InvalidFieldError(`positions.${again}.agentId`, `${holders[again]} has a position already.`);
};

/**
 * Settles a disagreement of agents, or puts it before people. The same key again is the same conflict, as far as it has come.
 *
 * @throws IdempotencyMismatchError when the key was used for another report; InvalidFieldError for an agent with two positions; PayloadTooLargeError.
 */
export const reportConflict = async (services: Services, request: ReportRequest): Promise<ConflictView> => {
  const bytes = jsonBytes(request.report);
  const limit = limits.inlinePayloadBytes;
  if (bytes > limit) throw new PayloadTooLargeError('positions', bytes, limit, 'The conflict');
  const { tenant } = request.principal;
  const key = keys.conflict(tenant, conflictIdOf(request.principal, request.idempotencyKey));
  const known = Conflict.safeParse(await services.table.get(key, { consistent: true })).data;
  if (known === undefined) requireOnePositionEach(request.report);
  const conflict = known ?? (await judge(services, request));
  if (known === undefined) {
    const { createdAt, conflictId } = conflict;
    const written = await services.table.put({
      key,
      item: {
        ...conflict,
        ...indexKeys.list(tenant, 'CONFLICTS', indexKeys.byTime(createdAt, conflictId)),
        expiresAtEpochSeconds: forgottenAfter(createdAt, services.retention.ended),
      },
      clauses: { firstReport: absent('conflictId') },
    });
    return finish(services, request, Conflict.parse(written.item));
  }
  return finish(services, request, conflict);
};

const finish = async (services: Services, { report }: ReportRequest, stored: Conflict): Promise<ConflictView> => {
  if (stored.reportHash !== sha256Hex(canonicalJson(report))) throw new IdempotencyMismatchError();
  return conflictView(await settleConflict(services, stored));
};
