import type { EventPage, LogEvent } from '../contract/event-log.ts';
import type { RunId, TaskId } from '../contract/ids.ts';
import { type Principal, requireScope } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { openRunLog, openTaskLog } from './open-log.ts';
import { readLog } from './read-log.ts';

/** Whose log. */
export type Subject = { readonly taskId: TaskId } | { readonly runId: RunId };

/** A log that is kept, and whether a reader who has come to a number needs to wait for more. */
interface OpenLog {
  readonly topic: string;
  readonly isOver: (cursor: number) => boolean;
}

/** Changes of a run's tasks come from many partitions: the last of them may be logged this long after its own end. */
const stragglersMs = 10_000;

/** Lets a log be kept from now on. @throws NotFoundError when there is no such task or run of this tenant's. */
export const openLog = async (services: Services, { tenant }: Principal, subject: Subject): Promise<OpenLog> => {
  if ('taskId' in subject) {
    const { taskId, endedAt, rev } = await openTaskLog(services, tenant, subject.taskId);
    return { topic: taskId, isOver: (cursor) => endedAt !== undefined && cursor >= rev };
  }
  const { runId, endedAt } = await openRunLog(services, tenant, subject.runId);
  return {
    topic: runId,
    isOver: (cursor) => cursor > 0 && endedAt !== undefined && services.clock.now() - endedAt > stragglersMs,
  };
};

/** From where on, how much at once, and until when to wait for it. */
export interface LogQuery {
  readonly cursor: number;
  readonly limit: number;
  readonly untilMs: number;
}

const pageOf = (cursor: number, items: readonly LogEvent[], isOver: (cursor: number) => boolean): EventPage => {
  const last = items.at(-1);
  const next = last?.seq ?? cursor;
  // A task that ended while it was waited for: the item was read before.
  const hasEnded = last?.type === 'task.completed' && last.runId === undefined;
  return { items: [...items], cursor: String(next), isOver: hasEnded || isOver(next) };
};

/** The first look comes again soon: whoever has just done something waits for what it led to. */
const pauses = { firstMs: 150, growth: 1.5, longestMs: 1000 } as const;

/**
 * What a task's or run's log has behind a cursor; while that is nothing, looks again until there is something, the log is
 * over, or the time is. The log is kept from the first call on.
 *
 * @throws NotFoundError when there is none of this tenant's; ForbiddenError for a run that the caller's role may not read.
 */
export const followLog = async (
  services: Services,
  principal: Principal,
  subject: Subject,
  { query, pause }: { readonly query: LogQuery; readonly pause: (ms: number) => Promise<void> },
): Promise<EventPage> => {
  if ('runId' in subject) requireScope(principal, 'runs:read');
  const log = await openLog(services, principal, subject);
  for (let pauseMs: number = pauses.firstMs; ; pauseMs = Math.min(pauses.longestMs, pauseMs * pauses.growth)) {
    const items = await readLog(services, principal.tenant, log.topic, query);
    if (items.length > 0) return pageOf(query.cursor, items, log.isOver);
    if (log.isOver(query.cursor)) return pageOf(query.cursor, [], log.isOver);
    if (services.clock.now() + pauseMs >= query.untilMs) {
      const now = await openLog(services, principal, subject);
      return pageOf(query.cursor, [], now.isOver);
    }
    await pause(pauseMs);
  }
};

/** Events sent for one `watch`: what is missing then is asked for from there. */
const mostReplayed = 1000;

/**
 * Sends a connection what a log has behind a cursor, in order. What is written meanwhile is shown to it as well: the
 * number says what it has had.
 */
export const replayLog = async (
  services: Services,
  principal: Principal,
  topic: string,
  to: { readonly connectionId: string; readonly cursor: number },
): Promise<void> => {
  let cursor = to.cursor;
  for (let sent = 0; sent < mostReplayed; ) {
    const events = await readLog(services, principal.tenant, topic, { cursor, limit: 100 });
    if (events.length === 0) return;
    for (const event of events)
      if ((await pushFrame(services, to.connectionId, 'event', event)) !== 'delivered') return;
    sent += events.length;
    cursor = events.at(-1)?.seq ?? cursor;
  }
};
