import { ClaimId } from '../contract/ids.ts';
import type { Services } from '../services.ts';
import { timeUuid } from './hash-id.ts';

/** A fresh time-ordered UUID from the injected clock and randomness. */
export const freshUuid = (services: Pick<Services, 'clock' | 'random'>): string =>
  timeUuid(services.clock.now(), services.random);

/** A fresh claim id. */
export const newClaimId = (services: Pick<Services, 'clock' | 'random'>): ClaimId =>
  ClaimId.parse(`clm_${freshUuid(services)}`);
