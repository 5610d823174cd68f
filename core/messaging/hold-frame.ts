import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import type { OutgoingMessage } from '../contract/messaging.ts';
import type { Services } from '../services.ts';
import { absent, any, equal } from '../table/conditions.ts';
import { FrameMismatchError } from './errors.ts';

/** Tells what a frame says from anything else, however it is written. */
export const frameHashOf = (messages: readonly OutgoingMessage[]): string =>
  sha256Hex(canonicalJson(messages)).slice(0, 32);

/** A frame under its sender's name for it. */
export interface HeldFrame {
  readonly from: string;
  /** Number and id. */
  readonly frame: string;
  readonly frameHash: string;
}

/**
 * Holds the name of a frame to an audience, or to several agents, for what it says, for a day: their mail is written in batches, which
 * have no guards of their own. The one mail of any other frame is its own guard, and costs no write more.
 * @throws FrameMismatchError when the name was given to other messages; nothing was changed.
 */
export const holdFrame = async (
  services: Services,
  tenant: TenantId,
  { from, frame, frameHash }: HeldFrame,
): Promise<void> => {
  const expiresAtEpochSeconds = Math.ceil((services.clock.now() + timings.replyRetentionMs) / 1000);
  const written = await services.table.put({
    key: keys.sentFrame(tenant, from, frame),
    item: { frameHash, expiresAtEpochSeconds },
    clauses: { sameMessages: any(absent('pk'), equal('frameHash', frameHash)) },
  });
  if (!written.won) throw new FrameMismatchError();
};
