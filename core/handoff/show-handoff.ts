import type { Handoff } from '../contract/handoff.ts';
import type { TenantId } from '../contract/ids.ts';
import { withReadUrl } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';

/** A handoff as it is shown: a note that is kept apart can be read. */
export const showHandoff = async (
  services: Services,
  tenant: TenantId,
  { hash: _hash, note, ...handoff }: Handoff,
): Promise<Handoff> => (note === undefined ? handoff : { ...handoff, note: await withReadUrl(services, tenant, note) });
