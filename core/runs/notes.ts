import * as z from 'zod';
import { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import { openPayload, storePayload } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { absent } from '../table/conditions.ts';
import type { Run } from './run.ts';

const Note = z.looseObject({ value: Json });

type RunKey = Pick<Run, 'tenant' | 'runId'>;
/** The one note that templates may name: what the run came to. */
export const resultNote = 'result';

/** What was noted under a name as it is kept: of a large value its claim check. Strongly consistent. */
export const keptNote = async (services: Services, run: RunKey, name: string): Promise<Json | undefined> => {
  const item = await services.table.get(keys.note(run.tenant, run.runId, name), { consistent: true });
  return item === undefined ? undefined : Note.parse(item).value;
};

/** What was noted under a name, if anything. Strongly consistent. */
export const readNote = async (services: Services, run: RunKey, name: string): Promise<Json | undefined> => {
  const value = await keptNote(services, run, name);
  return value === undefined ? undefined : openPayload(services, run.tenant, value);
};

/**
 * Notes what a mode chose: the voters of a round, a tally, the leader of a term. The first value under a name stays; every
 * caller, also a repeated one, gets that. Large values go to the payload store.
 */
export const noteOnce = async (
  services: Services,
  run: RunKey & Pick<Run, 'deadlineAt'>,
  name: string,
  value: Json,
): Promise<Json> => {
  const written = await services.table.put({
    key: keys.note(run.tenant, run.runId, name),
    item: {
      value: await storePayload(services, run.tenant, name, value),
      at: services.clock.now(),
      expiresAtEpochSeconds: forgottenAfter(run.deadlineAt, services.retention.ended),
    },
    clauses: { isFirst: absent('pk') },
  });
  return written.won ? value : openPayload(services, run.tenant, Note.parse(written.item).value);
};
