import type { eventTypes } from '../contract/event-types.ts';
import { EventDetail } from '../contract/event-types.ts';
import type { TenantId } from '../contract/ids.ts';
import type { Services } from '../services.ts';

/** Something that happened to a run or a task, as it is to be told on the bus. */
export interface LifecycleEvent {
  readonly type: (typeof eventTypes)[keyof typeof eventTypes];
  /** Made of what happened, so that telling it again has the same. */
  readonly id: string;
  readonly tenant: TenantId;
  readonly source: string;
  readonly target?: string | undefined;
  readonly coordinatorId: string;
  readonly traceparent?: string | undefined;
  /** When it happened. */
  readonly timestamp: number;
  /** What happened; stands in the detail itself, where a rule's pattern finds it. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Puts an event on the bus; at least once. */
export const publishEvent = async (services: Services, event: LifecycleEvent): Promise<void> => {
  const { type, facts, coordinatorId, ...rest } = event;
  const metadata = { publishedAt: services.clock.now(), coordinatorId };
  const detail = EventDetail.parse({ ...facts, ...rest, metadata });
  await services.events.publish({ detailType: type, detail });
};
