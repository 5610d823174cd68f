import { type DagNode, type DurationOf } from '../dag/levels.ts';
import { urgencyOrder } from '../dag/release.ts';

/**
 * How long the nodes take on `width` agents when each takes as long as expected and the most urgent begins first, as
 * `release` lets them; without any time for handing over.
 * @throws CycleError, UnknownDependencyError.
 */
export const expectedMakespan = (nodes: readonly DagNode[], durationOf: DurationOf, width: number): number => {
  const order = urgencyOrder(nodes, durationOf);
  const dependencies = new Map(nodes.map(({ id, dependsOn }) => [id, dependsOn]));
  const endsAt = new Map<string, number>();
  const waiting = new Set(order);
  let running: number[] = [];
  let now = 0;
  const isReady = (id: string): boolean =>
    (dependencies.get(id) ?? []).every((dependency) => (endsAt.get(dependency) ?? Number.POSITIVE_INFINITY) <= now);
  while (waiting.size > 0) {
    const free = Math.max(1, Math.floor(width)) - running.length;
    for (const id of order.filter((id) => waiting.has(id) && isReady(id)).slice(0, free)) {
      waiting.delete(id);
      endsAt.set(id, now + durationOf(id));
      running.push(now + durationOf(id));
    }
    now = Math.min(...running);
    running = running.filter((end) => end > now);
  }
  return Math.max(0, ...endsAt.values());
};
