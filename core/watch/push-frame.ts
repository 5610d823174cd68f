import { freshUuid } from '../common/new-id.ts';
import type { PlatformFrame, PlatformFrameType } from '../contract/platform-frames.ts';
import { UnavailableError } from '../errors/errors.ts';
import type { Services } from '../services.ts';

/** What surrounds a payload on its way to a socket. */
export interface FrameHeader {
  readonly correlationId?: string | undefined;
  readonly seq?: number;
  /** The trace that the frame belongs to. */
  readonly traceparent?: string | undefined;
  /** Of a message: who speaks to whom, and in which conversation. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly conversationId?: string | undefined;
}

/** One platform frame as text. */
export const encodeFrame = <Type extends PlatformFrameType>(
  services: Services,
  type: Type,
  payload: PlatformFrame<Type>,
  header: FrameHeader = {},
): string =>
  JSON.stringify({
    v: 1,
    type,
    id: freshUuid(services),
    seq: header.seq ?? 0,
    ts: services.clock.now(),
    from: header.from,
    to: header.to,
    correlationId: header.correlationId,
    conversationId: header.conversationId,
    traceparent: header.traceparent,
    payload,
  });

/** A connection, and the frame of its that is answered. */
export interface Recipient extends FrameHeader {
  readonly connectionId: string;
}

/**
 * Sends a frame once. `unreached`: the gateway did not take it now; whatever must arrive is repeated by its own rule
 * (an assignment by heartbeat, an event by cursor).
 */
export const pushFrame = async <Type extends PlatformFrameType>(
  services: Services,
  to: string | Recipient,
  type: Type,
  payload: PlatformFrame<Type>,
): Promise<'delivered' | 'gone' | 'unreached'> => {
  const { connectionId, ...header }: Recipient = typeof to === 'string' ? { connectionId: to } : to;
  try {
    return await services.sockets.post(connectionId, encodeFrame(services, type, payload, header));
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    services.log.warn('frame not delivered', { type, connectionId });
    return 'unreached';
  }
};
