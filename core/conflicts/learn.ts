import { canonicalJson } from '../common/hash-id.ts';
import type { ConflictStatus, WeighedPosition } from '../contract/conflict.ts';
import type { Json } from '../contract/json.ts';
import type { TrustOf } from './resolve.ts';

/** What can be learned from: a conflict and who decided it. */
export interface Decided {
  readonly type: string;
  readonly status: ConflictStatus;
  readonly decision?: Json | undefined;
  readonly escalated: boolean;
  readonly weighed: readonly WeighedPosition[];
}

/** How often someone was right, and overruled, where people decided. */
export interface TrackRecord {
  readonly right: number;
  readonly wrong: number;
}

/** As if everybody had been right so often before: one mistake is not yet a character. */
const benefit = 3;

/** Above 0 up to 1. Being right makes up for having been wrong; it makes nobody surer than it says. */
export const trustFrom = ({ right, wrong }: TrackRecord): number => (right + benefit) / (right + wrong + benefit);

/** The record of each holder by type of conflict, from what people decided: the rules' own decisions teach nothing. */
export const recordsOf = (decided: readonly Decided[]): ReadonlyMap<string, ReadonlyMap<string, TrackRecord>> => {
  const records = new Map<string, Map<string, TrackRecord>>();
  for (const { type, status, decision, escalated, weighed } of decided) {
    if (status !== 'RESOLVED' || !escalated) continue;
    const ofType = records.get(type) ?? new Map<string, TrackRecord>();
    records.set(type, ofType);
    for (const { position, agents } of weighed)
      for (const agentId of agents) {
        const { right, wrong } = ofType.get(agentId) ?? { right: 0, wrong: 0 };
        const isRight = canonicalJson(position) === canonicalJson(decision);
        ofType.set(agentId, isRight ? { right: right + 1, wrong } : { right, wrong: wrong + 1 });
      }
  }
  return records;
};

/** How far each is believed at a type of conflict. */
export const trustOfType = (decided: readonly Decided[], type: string): TrustOf => {
  const records = recordsOf(decided).get(type);
  return (agentId) => trustFrom(records?.get(agentId) ?? { right: 0, wrong: 0 });
};
