import { clientFrames } from '#core/contract/client-frames.ts';
import { releaseSecret } from '#core/secrets/release-secret.ts';
import { type FrameRoutes, frameRoute, speakerOf } from '../../runtime/frame.ts';

/** What an agent asks for the sake of a task that it has. */
export const secretFrames: FrameRoutes<'secret.get'> = {
  'secret.get': frameRoute(clientFrames['secret.get'], async (services, frame, asked) => {
    const value = await releaseSecret(services, speakerOf(frame), asked);
    await frame.reply('secret.value', { taskId: asked.taskId, name: asked.name, value });
  }),
};
