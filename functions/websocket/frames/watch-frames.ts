import { clientFrames } from '#core/contract/client-frames.ts';
import { unwatch, watch } from '#core/watch/watch-topic.ts';
import { type FrameRoutes, frameRoute } from '../../runtime/frame.ts';

/** What a client wants to be shown. */
export const watchFrames: FrameRoutes<'watch' | 'unwatch'> = {
  watch: frameRoute(clientFrames.watch, (services, { connection: { principal, connectionId } }, topic) =>
    watch(services, principal, topic, connectionId),
  ),
  unwatch: frameRoute(clientFrames.unwatch, (services, { connection: { principal, connectionId } }, topic) =>
    unwatch(services, principal, topic, connectionId),
  ),
};
