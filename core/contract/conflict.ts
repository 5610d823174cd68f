import * as z from 'zod';
import { Severity } from './escalation.ts';
import { ConflictId, Name, TaskId } from './ids.ts';
import { Json, KeptJson } from './json.ts';
import { limits } from './limits.ts';
import { WriteChain } from './value.ts';

/** What one agent holds. */
export const Position = z.strictObject({
  /** Who holds it: an agent's id or name. */
  agentId: Name,
  /** What should be done, or is so. Equal values are one position that several hold. */
  position: KeptJson,
  rationale: z.string().max(4096).optional(),
  confidence: z.number().min(0).max(1),
  evidence: z.array(KeptJson).max(20).default([]),
});
export type Position = z.infer<typeof Position>;

/** A disagreement of agents. */
export const ConflictReport = z.strictObject({
  /** What kind of question it is about; what is learned is learned for each. */
  type: Name,
  severity: Severity,
  positions: z.array(Position).min(2).max(limits.positionsPerConflict),
  context: KeptJson.optional(),
});
export type ConflictReport = z.infer<typeof ConflictReport>;
export type ConflictReportInput = z.input<typeof ConflictReport>;

/** How conflicts are settled in a tenant. */
export const ConflictSettings = z.strictObject({
  /** A proposal below this goes to people. */
  threshold: z.number().min(0).max(1).default(0.7),
  /** Whether anything is settled without people at all. */
  autoResolve: z.boolean().default(true),
  /** How writes of values that did not know of each other are settled, by scope; the first that fits holds. */
  chains: z.array(WriteChain).max(limits.stateRules).optional(),
});
export type ConflictSettings = z.infer<typeof ConflictSettings>;

/** Why people are asked. */
export const EscalationReason = z.enum(['critical', 'auto_resolve_off', 'low_confidence', 'contested']);
export type EscalationReason = z.infer<typeof EscalationReason>;

/** A position with all who hold it, and what it counts. */
export const WeighedPosition = z.looseObject({
  /** `position-1` and so on: what people answer by. */
  option: Name,
  position: Json,
  agents: z.array(z.string()),
  /** The greatest confidence that one of them states. */
  confidence: z.number(),
  evidence: z.number(),
  /** 0 to 1: confidence, less without evidence where others have some, less by as much as its holder was overruled before. */
  strength: z.number(),
});
export type WeighedPosition = z.infer<typeof WeighedPosition>;

/** RESOLVED has a decision, ESCALATED waits for people, UNRESOLVED was put before people who did not decide. */
export const ConflictStatus = z.enum(['RESOLVED', 'ESCALATED', 'UNRESOLVED']);
export type ConflictStatus = z.infer<typeof ConflictStatus>;

/** What a conflict came to. */
export const ConflictView = z.looseObject({
  conflictId: ConflictId,
  type: z.string(),
  severity: Severity,
  status: ConflictStatus,
  /** What holds; absent while people are asked, and when they did not decide. */
  decision: Json.optional(),
  /** The strongest position; once there is a decision, that. */
  proposal: Json,
  /** How strong the proposal was among the positions, whoever decided. */
  confidence: z.number(),
  rationale: z.string(),
  actionItems: z.array(z.string()),
  escalated: z.boolean(),
  reasons: z.array(EscalationReason),
  /** The approval by which people decide. */
  escalationId: TaskId.optional(),
  /** `rules`, or the person who decided. */
  decidedBy: z.string().optional(),
  weighed: z.array(WeighedPosition),
  positions: z.array(z.looseObject({ agentId: z.string(), position: Json, confidence: z.number() })),
  context: Json.optional(),
  /** Everything that happened to it, oldest first. */
  log: z.array(z.looseObject({ at: z.number(), event: z.string(), by: z.string() })),
  createdAt: z.number(),
});
export type ConflictView = z.infer<typeof ConflictView>;

/** As much of it as its reporter is told: at once, and once people have decided. */
export const DecidedConflict = ConflictView.omit({ weighed: true, positions: true, context: true, log: true });
export type DecidedConflict = z.infer<typeof DecidedConflict>;

const counts = { total: z.int(), active: z.int(), resolved: z.int(), escalated: z.int() };

/** Conflicts counted. */
export const ConflictStats = z.looseObject({
  ...counts,
  unresolved: z.int(),
  /** Share of all that was put before people. */
  escalationRate: z.number(),
  byType: z.record(z.string(), z.looseObject(counts)),
  /** How often those who hold positions were right and wrong where people decided, by type of conflict. */
  learned: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ right: z.int(), wrong: z.int(), trust: z.number() })),
  ),
  /** Whether older ones were left out. */
  isComplete: z.boolean(),
});
export type ConflictStats = z.infer<typeof ConflictStats>;
