import * as z from 'zod';
import { hashUuid } from '../common/hash-id.ts';
import {
  ConflictReport,
  ConflictStatus,
  type ConflictView,
  type DecidedConflict,
  EscalationReason,
  WeighedPosition,
} from '../contract/conflict.ts';
import { AgentId, ConflictId, TaskId, TenantId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { Principal } from '../identity/principal.ts';

/** A conflict as it is stored: what was said, what the rules made of it, and what became of it. */
export const Conflict = z.looseObject({
  tenant: TenantId,
  conflictId: ConflictId,
  reportHash: z.string(),
  reporter: Principal,
  report: ConflictReport,
  status: ConflictStatus,
  proposal: Json,
  confidence: z.number(),
  rationale: z.string(),
  actionItems: z.array(z.string()),
  reasons: z.array(EscalationReason),
  weighed: z.array(WeighedPosition),
  decision: Json.optional(),
  decidedBy: z.string().optional(),
  escalationId: TaskId.optional(),
  /** Who reported it over a socket: the agent, the connection, and the frame that is answered. */
  from: z.looseObject({ agentId: AgentId.optional(), connectionId: z.string(), envelopeId: z.string() }).optional(),
  log: z.array(z.looseObject({ at: z.number(), event: z.string(), by: z.string() })),
  createdAt: z.number(),
});
export type Conflict = z.infer<typeof Conflict>;

/** The id of what a principal reports under a key. */
export const conflictIdOf = ({ tenant, id }: Principal, key: string): ConflictId =>
  ConflictId.parse(`cfl_${hashUuid('conflict', tenant, id, key)}`);

/** A conflict as people see it. */
export const conflictView = (conflict: Conflict): ConflictView => {
  const { conflictId, report, status, decision, decidedBy, escalationId, reasons, createdAt } = conflict;
  const { proposal, confidence, rationale, actionItems, weighed, log } = conflict;
  return {
    conflictId,
    type: report.type,
    severity: report.severity,
    status,
    ...(decision === undefined ? {} : { decision }),
    proposal,
    confidence,
    rationale,
    actionItems,
    escalated: reasons.length > 0,
    reasons,
    ...(escalationId === undefined ? {} : { escalationId }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    weighed,
    positions: report.positions,
    ...(report.context === undefined ? {} : { context: report.context }),
    log,
    createdAt,
  };
};

/** As much of it as its reporter is told. */
export const decidedOf = (view: ConflictView): DecidedConflict => {
  const { weighed: _weighed, positions: _positions, context: _context, log: _log, ...said } = view;
  return said;
};
