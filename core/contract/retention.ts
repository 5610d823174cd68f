import * as z from 'zod';

const days = z.int().min(1).max(3650);

/** For how many days what is over stays readable; then the table forgets it by itself. */
export const Retention = z.strictObject({
  /** Tasks with their attempts and decisions, runs and stages, and the payloads that they name. */
  ended: days.default(30),
  /** Results that came too late. */
  lateResults: days.default(30),
  /** Operators' actions. */
  audit: days.default(365),
});
export type Retention = z.infer<typeof Retention>;

const dayMs = 86_400_000;

/** When something of now may be forgotten, in epoch seconds. */
export const forgottenAfter = (nowMs: number, keptDays: number): number => Math.ceil((nowMs + keptDays * dayMs) / 1000);
