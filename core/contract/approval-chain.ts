import * as z from 'zod';
import { Name } from './ids.ts';

const isTimeZone = (timeZone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** `HH:MM`, on the quarter: every time zone's offset is a multiple of that. */
const Clock = z.string().regex(/^(([01]\d|2[0-3]):(00|15|30|45)|24:00)$/, 'must be HH:MM on a quarter of an hour');

/** When a person, or a team, is there to answer. With `to` before `from` the night is meant. */
const Hours = z.strictObject({
  timeZone: z.string().min(1).max(64).refine(isTimeZone, 'is no time zone').default('UTC'),
  /** 1 is Monday. */
  weekdays: z.array(z.int().min(1).max(7)).min(1).max(7).default([1, 2, 3, 4, 5]),
  from: Clock.default('09:00'),
  to: Clock.default('17:00'),
});
export type Hours = z.infer<typeof Hours>;

const seconds = z
  .int()
  .min(1)
  .max(7 * 24 * 3600);

/** Somebody who is asked: a person or a team, known by this name to whoever listens on the bus. */
const Contact = z
  .strictObject({
    name: Name,
    /** @default always */
    hours: Hours.optional(),
    /** Without an answer within this, the next one is asked. */
    answerWithinSeconds: seconds,
    /** Reminded once, if it has not answered by then. */
    remindAfterSeconds: seconds.optional(),
  })
  .refine(({ answerWithinSeconds, remindAfterSeconds = 0 }) => remindAfterSeconds < answerWithinSeconds, {
    path: ['remindAfterSeconds'],
    message: 'must be less than answerWithinSeconds',
  });

/** Who is asked one after the other, and what holds when nobody answers. */
export const ApprovalChain = z.strictObject({
  contacts: z.array(Contact).min(1).max(10),
  /** Taken when nobody answers in time; without it the approval expires and nothing is decided. */
  defaultDecision: Name.optional(),
});
export type ApprovalChain = z.infer<typeof ApprovalChain>;

/** Who is asked is said once: written out, or by name. */
export const isAskedOnce = ({ chain, policy }: { chain?: unknown; policy?: unknown }): boolean =>
  chain === undefined || policy === undefined;
export const askedOnce = { message: 'needs at most one of chain, policy', path: ['policy'] };

/** The policy that the tenant's `escalationChain` is. */
export const usualPolicy = 'default';

/** What a chain has come to so far, as it is kept and shown. */
export const ChainState = z.looseObject({
  /** Of the contact that is asked, or waited for, in the chain. */
  position: z.int(),
  contact: z.string(),
  /** `waiting`: nobody is there now, and this one is the first to come. */
  what: z.enum(['asked', 'reminded', 'waiting']),
  since: z.number(),
  /** When the chain moves on unless there is an answer. */
  nextAt: z.number(),
  history: z.array(z.looseObject({ at: z.number(), contact: z.string(), what: z.string() })),
});
export type ChainState = z.infer<typeof ChainState>;
