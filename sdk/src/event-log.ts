import { EventPage, type LogEvent } from '../../core/contract/event-log.ts';
import type { Http } from './http.ts';

/** Whose log is followed. */
export type LogSubject = { readonly taskId: string } | { readonly runId: string };

/** From where on, and until when. */
export interface FollowOptions {
  /** The `seq` of the last event that was dealt with; left out: from the beginning of the log. */
  readonly cursor?: number;
  readonly signal?: AbortSignal;
}

const isEnd = (subject: LogSubject, event: LogEvent): boolean =>
  'taskId' in subject
    ? event.taskId === subject.taskId && event.type === 'task.completed'
    : event.taskId === undefined && event.type === 'run.completed';

/**
 * Every event of a task's or run's log, in order, none left out: long polls, each from where the one before ended, so that
 * a lost connection or a restart loses nothing. Ends after the page in which its subject has ended.
 */
export async function* followLog(http: Http, subject: LogSubject, options: FollowOptions): AsyncGenerator<LogEvent> {
  const place =
    'taskId' in subject ? `tasks/${encodeURIComponent(subject.taskId)}` : `runs/${encodeURIComponent(subject.runId)}`;
  let { cursor } = options;
  for (let isOver = false; !isOver; ) {
    const page = await http.call(
      { method: 'GET', path: `/${place}/events`, query: { cursor, waitSeconds: 20 }, signal: options.signal },
      EventPage,
    );
    yield* page.items;
    cursor = Number(page.cursor);
    isOver = page.isOver || page.items.some((event) => isEnd(subject, event));
  }
}
