import * as z from 'zod';
import { Severity, SourceFile } from '../code-review/analysers/finding.ts';
import { SourceInput } from '../shared/source-input.ts';
import { swarmPartsOf } from '../shared/swarm-parts.ts';

export const DebtCategory = z.enum(['complexity', 'duplication', 'smell', 'marker']);
export type DebtCategory = z.infer<typeof DebtCategory>;

/** What an earlier scan measured. */
export const DebtMetrics = z.strictObject({
  files: z.int(),
  lines: z.int(),
  items: z.int(),
  minutes: z.int(),
  /** Minutes of work for each thousand lines. */
  minutesPerThousandLines: z.number(),
});
export type DebtMetrics = z.infer<typeof DebtMetrics>;

/** What to scan, and from where on something counts. */
export const DebtRequest = z.strictObject({
  ...SourceInput,
  complexityThreshold: z.int().min(2).max(100).default(15),
  /** Tokens that must be the same. */
  duplicationThreshold: z.int().min(10).max(1000).default(50),
  /** How many items get a proposal. */
  top: z.int().min(1).max(20).default(5),
  /** An earlier report's metrics, to compare with. */
  previous: DebtMetrics.optional(),
});
export type DebtRequest = z.infer<typeof DebtRequest>;

/** Where it is. */
export const Place = z.strictObject({ file: z.string(), line: z.int().min(1), endLine: z.int().min(1) });
export type Place = z.infer<typeof Place>;

/** One debt. `measure` is what was counted: complexity, equal tokens, lines, parameters, markers. */
export const DebtItem = z.strictObject({
  id: z.string(),
  category: DebtCategory,
  severity: Severity,
  title: z.string(),
  places: z.array(Place).min(1),
  measure: z.int(),
  limit: z.int(),
  /** What paying it back takes. */
  minutes: z.int().min(1),
});
export type DebtItem = z.infer<typeof DebtItem>;

export const ScanInput = z.strictObject({ files: z.array(SourceFile), threshold: z.int() });
export const ScanOutput = z.strictObject({ items: z.array(DebtItem) });

export const PrioritiseInput = z.strictObject({
  scans: z.array(ScanOutput),
  duplication: ScanOutput,
  top: z.int(),
});
/** All items, the most pressing first, and what the swarm is to work on. */
export const Priorities = z.strictObject({
  items: z.array(DebtItem),
  top: z.array(DebtItem),
  /** The top once more, as the work of one swarm; nothing when there is none. */
  swarms: z.array(z.array(DebtItem)),
});

/** A part of a function that can stand alone. */
export const Extraction = z.strictObject({
  place: Place,
  name: z.string(),
  complexity: z.int(),
  parameters: z.array(z.string()),
  /** Variables of the function that the part changes. */
  results: z.array(z.string()),
});
export type Extraction = z.infer<typeof Extraction>;

/** How to pay an item back. */
export const Proposal = z.strictObject({
  item: z.string(),
  title: z.string(),
  steps: z.array(z.string()).min(1),
  extractions: z.array(Extraction),
  /** What the measure is after it. */
  measureAfter: z.int(),
  isSufficient: z.boolean(),
});
export type Proposal = z.infer<typeof Proposal>;

export const ProposalInput = z.strictObject({ item: DebtItem, files: z.array(SourceFile) });

export const ReportInput = z.strictObject({
  files: z.array(z.strictObject({ path: z.string(), lines: z.int() })),
  items: z.array(DebtItem),
  /** By swarm. */
  proposals: z.array(swarmPartsOf(Proposal)),
  previous: DebtMetrics.nullish(),
});

/** What a scan comes to. */
export const DebtReport = z.strictObject({
  metrics: DebtMetrics,
  bySeverity: z.record(Severity, z.int()),
  byCategory: z.record(DebtCategory, z.int()),
  items: z.array(DebtItem),
  /** In the order in which to do them. */
  actionPlan: z.array(Proposal),
  trend: z.strictObject({ items: z.int(), minutes: z.int(), isBetter: z.boolean() }).optional(),
});
export type DebtReport = z.infer<typeof DebtReport>;
