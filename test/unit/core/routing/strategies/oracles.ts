import { knownOf, type Oracle, type PlainAgent } from './simulate.ts';

/** What each strategy promises, worked out from plain lists of what happened: nothing here reads a platform item. */

const limitOf = (agent: PlainAgent): number => agent.spec.maxConcurrency ?? 5;
const freeShare = (agent: PlainAgent): number => (limitOf(agent) - agent.live.length) / limitOf(agent);

/** Each in turn, those that are full left out. */
export const inTurn: Oracle = ({ agents, turn }) => agents.map((_, index) => (index === turn % agents.length ? 1 : 0));

/** Fewest live tasks; among equals the larger share free. */
export const fewestTasks: Oracle = ({ agents }) => agents.map((agent) => -agent.live.length + 0.5 * freeShare(agent));

/** What remains of an agent's live work, a tenth at least of what is late. */
const remainingOf = (agent: PlainAgent, now: number): number =>
  agent.live
    .map((work) => ({ expected: knownOf(agent, work.type).ms ?? NaN, spent: now - work.since }))
    .reduce((sum, { expected, spent }) => sum + Math.max(expected / 10, expected - spent), 0);

/** Least work before it, this task included. */
export const leastWork: Oracle = ({ agents, now, type }) =>
  agents.map((agent) => -remainingOf(agent, now) - (knownOf(agent, type).ms ?? NaN));

/** Finishes first, its present work spread over its slots. */
export const firstFinish: Oracle = ({ agents, now, type }) =>
  agents.map((agent) => -remainingOf(agent, now) / limitOf(agent) - (knownOf(agent, type).ms ?? NaN));

/** The weighted sum of success, speed and availability, with its two corrections. */
export const bestPerformance =
  (weights: readonly [number, number, number]): Oracle =>
  ({ agents, type }) => {
    const fastest = Math.min(...agents.map((agent) => knownOf(agent, type).ms ?? Infinity));
    return agents.map((agent) => {
      const { count, good, rate = NaN, ms = NaN } = knownOf(agent, type);
      const sum = weights[0] * rate + weights[1] * (fastest / ms) + weights[2] * freeShare(agent);
      if (count - good > 10 && rate < 0.7) return 0.8 * sum;
      return count > 100 && rate > 0.95 ? 1.1 * sum : sum;
    });
  };

/** The cheapest of those good enough; the least loaded when none is. */
export const cheapestGood =
  (threshold: number): Oracle =>
  (question) => {
    const known = question.agents.map((agent) => knownOf(agent, question.type));
    // A mean of exactly the threshold may come out a hair below.
    const isGood = known.map(({ rate }) => (rate ?? 1) >= threshold - 1e-6);
    if (!isGood.includes(true)) return fewestTasks(question);
    return known.map(({ usd }, index) => (isGood[index] === true ? -(usd ?? NaN) : -1000));
  };

/** Success and load, as everybody has what is required. */
export const bestMatch: Oracle = ({ agents, type }) =>
  agents.map((agent) => 5 * (knownOf(agent, type).rate ?? 1) - 3 * (1 - freeShare(agent)));
