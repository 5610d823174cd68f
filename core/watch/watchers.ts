import * as z from 'zod';
import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import type { PlatformFrame } from '../contract/platform-frames.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import type { Task } from '../tasks/task.ts';
import { pushFrame } from './push-frame.ts';

/** What can be watched: `run_…`, `tsk_…` or `agt_…`. */
export type Topic = string;

const unwatchedKey = (tenant: string, topic: Topic): string => `unwatched:${tenant}#${topic}`;

const Watcher = z.looseObject({ sk: z.string(), follows: z.boolean().optional() });

/** A connection that watches; one that `follows` is told what the log has, in order, and nothing else. */
export interface Watching {
  readonly connectionId: string;
  readonly follows?: boolean;
}

/** Shows a connection what happens to a topic from now on. Ends with the connection. */
export const addWatcher = async (
  services: Services,
  principal: Principal,
  topic: Topic,
  { connectionId, follows }: Watching,
): Promise<void> => {
  const expiresAtEpochSeconds = Math.ceil((services.clock.now() + timings.connectionAgeMs) / 1000);
  await services.table.put({
    key: keys.watcher(principal.tenant, topic, connectionId),
    item: { connectionId, role: principal.role, expiresAtEpochSeconds, ...(follows === true ? { follows } : {}) },
    clauses: {},
  });
  services.cache.forget(unwatchedKey(principal.tenant, topic));
};

/** Ends what `addWatcher` began. Repeating it changes nothing. */
export const removeWatcher = async (
  services: Services,
  principal: Principal,
  topic: Topic,
  connectionId: string,
): Promise<void> => {
  await services.table.remove({ key: keys.watcher(principal.tenant, topic, connectionId), clauses: {} });
};

interface WatcherRef {
  readonly tenant: string;
  readonly topic: Topic;
  readonly connectionId: string;
}

const tellWatcher = async (
  services: Services,
  { tenant, topic, connectionId }: WatcherRef,
  event: PlatformFrame<'event'>,
): Promise<void> => {
  const pushed = await pushFrame(services, connectionId, 'event', event);
  if (pushed === 'gone') await services.table.remove({ key: keys.watcher(tenant, topic, connectionId), clauses: {} });
};

/** Tells whoever watches a topic, once; a hint, never the truth. A watcher whose socket is gone is forgotten. */
export const tellWatchers = async (
  services: Services,
  tenant: string,
  topic: Topic,
  event: PlatformFrame<'event'>,
): Promise<void> => {
  const nowMs = services.clock.now();
  if (services.cache.get(unwatchedKey(tenant, topic), nowMs) !== undefined) return;
  const { items } = await services.table.query({ partition: keys.watcher(tenant, topic, '').pk, limit: 100 });
  // An agent has many events and seldom a watcher; its first events may be missed by one that has just begun to watch.
  if (items.length === 0 && topic.startsWith('agt_'))
    services.cache.set(unwatchedKey(tenant, topic), true, nowMs + timings.connectionCacheMs);
  const watchers = items.map((item) => Watcher.parse(item)).filter(({ follows }) => follows !== true);
  await Promise.all(watchers.map(({ sk }) => tellWatcher(services, { tenant, topic, connectionId: sk }, event)));
};

/** Tells those who follow a log what has just been written to it. One that does not hear it finds it by its cursor. */
export const tellFollowers = async (
  services: Services,
  tenant: string,
  topic: Topic,
  event: PlatformFrame<'event'>,
): Promise<void> => {
  const { items } = await services.table.query({ partition: keys.watcher(tenant, topic, '').pk, limit: 100 });
  const followers = items.map((item) => Watcher.parse(item)).filter(({ follows }) => follows === true);
  await Promise.all(followers.map(({ sk }) => tellWatcher(services, { tenant, topic, connectionId: sk }, event)));
};

const progressData = ({ percent, message, milestone }: NonNullable<Task['progress']>): Record<string, Json> => ({
  ...(percent === undefined ? {} : { percent }),
  ...(message === undefined ? {} : { message }),
  ...(milestone === undefined ? {} : { milestone }),
});

/** What watchers and logs are told of a task. */
export const taskData = (task: Task): Record<string, Json> => ({
  type: task.type,
  status: task.status === 'ASSIGNED' && task.startedAt !== undefined ? 'RUNNING' : task.status,
  attempt: task.attempt,
  ...(task.place === undefined ? {} : { step: task.place.step, index: task.place.index, item: task.place.item }),
  ...(task.agentId === undefined ? {} : { agentId: task.agentId }),
  ...(task.agentName === undefined ? {} : { agentName: task.agentName }),
  ...progressData(task.progress ?? {}),
  ...(task.error === undefined ? {} : { error: { code: task.error.code, message: task.error.message } }),
});

/** Tells the watchers of a task, of its run and of its agent. Costs one small read for each that may have any. */
export const tellOfTask = async (
  services: Services,
  task: Task,
  type: string,
  extra: Record<string, Json> = {},
): Promise<void> => {
  const topics = [
    ...(task.place === undefined ? [] : [task.place.runId]),
    ...(task.watched === true ? [task.taskId] : []),
    ...(task.agentId === undefined ? [] : [task.agentId]),
  ];
  const event: PlatformFrame<'event'> = {
    seq: task.rev,
    type,
    at: services.clock.now(),
    taskId: task.taskId,
    ...(task.place === undefined ? {} : { runId: task.place.runId }),
    ...(task.agentId === undefined ? {} : { agentId: task.agentId }),
    data: { ...taskData(task), ...extra },
  };
  await Promise.all(topics.map((topic) => tellWatchers(services, task.tenant, topic, event)));
};
