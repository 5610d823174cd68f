import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { Services } from '../services.ts';
import { set } from '../table/conditions.ts';

/** Minutes that every sweep looks back over again: what could not be mended once may be the next time. */
const againMinutes = 15;
/** Minutes that one sweep takes at most after an outage; the next one goes on. */
const mostMinutes = 600;

const Mark = z.looseObject({ minute: z.int() });

/** The minutes whose due tasks this sweep takes: from where the last one got to, however long ago that was. */
export const dueMinutes = async (services: Services): Promise<readonly number[]> => {
  const now = Math.floor(services.clock.now() / 60_000);
  const mark = Mark.safeParse(await services.table.get(keys.sweepMark(), { consistent: true }));
  const oldest = now - Math.ceil(limits.maxDelayMs / 60_000);
  const from = Math.max(oldest, Math.min(mark.success ? mark.data.minute : now, now - againMinutes));
  const to = Math.min(now, from + mostMinutes);
  return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
};

/** Notes how far a sweep got. Two sweeps at once may set it back, which only repeats work. */
export const noteSwept = async (services: Services, minutes: readonly number[]): Promise<void> => {
  const last = minutes.at(-1);
  if (last !== undefined)
    await services.table.update({ key: keys.sweepMark(), set: [set('minute', last)], clauses: {} });
};
