import { clientFrames } from '#core/contract/client-frames.ts';
import { prepareUpload } from '#core/payloads/prepare-upload.ts';
import { type FrameRoutes, frameRoute } from '../../runtime/frame.ts';

/** Claim checks: what is too large for a frame travels beside it. */
export const payloadFrames: FrameRoutes<'payload.prepare'> = {
  'payload.prepare': frameRoute(clientFrames['payload.prepare'], async (services, { connection, reply }, content) => {
    await reply('payload.ready', await prepareUpload(services, connection.principal.tenant, content));
  }),
};
