import { lifecycleEffect } from '#core/contract/env.ts';
import { EventDetail } from '#core/contract/event-types.ts';
import type { Platform, Published } from './platform.ts';

/** What an event says, whenever it is put on the bus. */
const factsOf = ({ detailType, detail }: Published): string => {
  const { metadata: _metadata, timestamp: _timestamp, ...facts } = detail;
  return `${detailType} ${JSON.stringify(facts)}`;
};

/** What must be on the bus once all is over, by id: every end and every decided stage. */
const expectedIds = ({ monitor }: Platform): readonly string[] => [
  ...monitor.tasks().flatMap(({ taskId, publishEvent, effects }) => {
    const isFollowed = effects?.startsWith(lifecycleEffect) === true;
    return [
      ...(isFollowed ? [`${taskId}:TaskCreated`] : []),
      ...(isFollowed || publishEvent === true ? [`${taskId}:TaskCompleted`] : []),
    ];
  }),
  ...monitor
    .runs()
    .flatMap(({ runId, mode, status }) => [
      `${runId}:RunCompleted`,
      `${runId}:StateChanged:${status}`,
      ...(mode === 'consensus' && status === 'SUCCEEDED' ? [`${runId}:ConsensusReached`] : []),
    ]),
  ...monitor
    .stages()
    .flatMap(({ runId, position, result }) => (result === undefined ? [] : [`${runId}:MilestoneReached:${position}`])),
];

/** What is to be told is on the bus, and all deliveries of one event say the same. */
export const judgeEvents = (platform: Platform): void => {
  const told = new Map<string, string>();
  for (const event of platform.published) {
    const { id } = EventDetail.parse(event.detail);
    const facts = factsOf(event);
    const known = told.get(id) ?? facts;
    told.set(id, known);
    if (known !== facts) platform.world.violate('S10 one effective notification', `${id}: ${known} and ${facts}`);
  }
  for (const id of expectedIds(platform)) if (!told.has(id)) platform.world.violate('I3 every end is told', id);
};
