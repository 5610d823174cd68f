import { canonicalJson } from '../common/hash-id.ts';
import type {
  ConflictReport,
  ConflictSettings,
  EscalationReason,
  Position,
  WeighedPosition,
} from '../contract/conflict.ts';
import type { Json } from '../contract/json.ts';

/** How far an agent is believed at this type of conflict, above 0 up to 1; what was never overruled is believed wholly. */
export type TrustOf = (agentId: string) => number;

/** What is left of a position's confidence when it has no evidence and another has. */
const withoutEvidence = 0.7;

/** Two positions above this contradict each other too surely to choose between them by a rule. */
const contestedAbove = 0.8;

/** What the rules make of a report. */
export interface Resolution {
  /** Strongest first. */
  readonly weighed: readonly WeighedPosition[];
  readonly proposal: Json;
  readonly confidence: number;
  /** Empty: the proposal is the decision. */
  readonly reasons: readonly EscalationReason[];
  readonly rationale: string;
  readonly actionItems: readonly string[];
}

/** A position before it has its place. */
interface Weighed {
  readonly position: Json;
  readonly agents: string[];
  readonly confidence: number;
  readonly evidence: number;
  readonly strength: number;
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

const weigh = (holders: readonly Position[], trustOf: TrustOf, hasEvidence: boolean): Weighed => {
  const evidence = holders.reduce((sum, holder) => sum + holder.evidence.length, 0);
  const support = hasEvidence && evidence === 0 ? withoutEvidence : 1;
  return {
    position: holders[0]?.position ?? null,
    agents: holders.map(({ agentId }) => agentId).toSorted(),
    confidence: Math.max(...holders.map(({ confidence }) => confidence)),
    evidence,
    strength: rounded(Math.max(...holders.map(({ agentId, confidence }) => confidence * trustOf(agentId) * support))),
  };
};

/** By strength; of equal ones what more hold, then what has more evidence, then by its text: never by the order of the report. */
const compare = (a: Weighed, b: Weighed): number =>
  b.strength - a.strength ||
  b.agents.length - a.agents.length ||
  b.evidence - a.evidence ||
  (canonicalJson(a.position) < canonicalJson(b.position) ? -1 : 1);

/** The positions of a report, equal ones as one, strongest first. */
export const weighPositions = (positions: readonly Position[], trustOf: TrustOf): readonly WeighedPosition[] => {
  const holders = new Map<string, Position[]>();
  for (const position of positions) {
    const key = canonicalJson(position.position);
    holders.set(key, [...(holders.get(key) ?? []), position]);
  }
  const hasEvidence = positions.some(({ evidence }) => evidence.length > 0);
  return [...holders.values()]
    .map((held) => weigh(held, trustOf, hasEvidence))
    .toSorted(compare)
    .map((weighed, index) => ({ option: `position-${index + 1}`, ...weighed }));
};

const reasonsOf = (
  { severity }: ConflictReport,
  weighed: readonly WeighedPosition[],
  { threshold, autoResolve }: ConflictSettings,
): readonly EscalationReason[] => {
  const contested = weighed.filter(({ strength }) => strength > contestedAbove).length > 1;
  return [
    ...(severity === 'critical' ? (['critical'] as const) : []),
    ...(autoResolve ? [] : (['auto_resolve_off'] as const)),
    ...((weighed[0]?.strength ?? 0) < threshold ? (['low_confidence'] as const) : []),
    ...(contested ? (['contested'] as const) : []),
  ];
};

const because: Readonly<Record<EscalationReason, string>> = {
  critical: 'it is critical',
  auto_resolve_off: 'this tenant has people decide all of them',
  low_confidence: 'no position is strong enough',
  contested: 'several positions are held too surely',
};

const shown = (position: Json): string => {
  const text = typeof position === 'string' ? position : canonicalJson(position);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
};

const describe = ({ option, position, agents, strength, confidence, evidence }: WeighedPosition): string =>
  `${option} "${shown(position)}" of ${agents.join(', ')} counts ${strength.toFixed(2)} (stated ${confidence}, evidence ${evidence})`;

/** What is to be done about a decision. */
export const itemsOfDecision = (weighed: readonly WeighedPosition[], chosen: WeighedPosition): readonly string[] => [
  `Go on with "${shown(chosen.position)}".`,
  ...weighed
    .filter(({ option }) => option !== chosen.option)
    .map(({ agents }) => `Tell ${agents.join(', ')} of the decision.`),
];

/** What is to be done where people were asked and nothing holds. */
export const itemsWithoutDecision = (weighed: readonly WeighedPosition[]): readonly string[] => [
  'Go on with none of the positions.',
  `Report it again with more evidence, or another position than ${weighed.map(({ option }) => option).join(', ')}.`,
];

const actionItemsOf = (
  weighed: readonly WeighedPosition[],
  reasons: readonly EscalationReason[],
): readonly string[] => {
  const [first] = weighed;
  if (first === undefined) return [];
  const doubtful = weighed.filter(({ evidence }) => evidence === 0);
  const asks = doubtful.length === weighed.length ? [] : doubtful;
  return [
    ...(reasons.length === 0
      ? itemsOfDecision(weighed, first)
      : [`Have a person decide between ${weighed.map(({ option }) => option).join(', ')}.`]),
    ...asks.map(({ agents, option }) => `Ask ${agents.join(', ')} for evidence of ${option}.`),
  ];
};

/**
 * Settles a disagreement by its positions, or says why people have to. The same report gives the same answer, in whatever
 * order its positions come.
 */
export const resolveReport = (report: ConflictReport, settings: ConflictSettings, trustOf: TrustOf): Resolution => {
  const weighed = weighPositions(report.positions, trustOf);
  const [first] = weighed;
  const reasons = reasonsOf(report, weighed, settings);
  const ending =
    reasons.length === 0
      ? 'The strongest holds.'
      : `People decide: ${reasons.map((reason) => because[reason]).join(', and ')}.`;
  return {
    weighed,
    proposal: first?.position ?? null,
    confidence: first?.strength ?? 0,
    reasons,
    rationale: [...weighed.map((position) => `${describe(position)}.`), ending].join(' '),
    actionItems: actionItemsOf(weighed, reasons),
  };
};
