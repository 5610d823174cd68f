import { decidedOf } from '#core/conflicts/conflict.ts';
import { reportConflict } from '#core/conflicts/report-conflict.ts';
import { clientFrames } from '#core/contract/client-frames.ts';
import { type FrameRoutes, frameRoute } from '../../runtime/frame.ts';

/** What agents disagree about. The envelope's id makes a repeated report the same conflict. */
export const conflictFrames: FrameRoutes<'conflict.report'> = {
  'conflict.report': frameRoute(
    clientFrames['conflict.report'],
    async (services, { envelope, connection: { principal, connectionId, agentId }, reply }, report) => {
      const from = { ...(agentId === undefined ? {} : { agentId }), connectionId, envelopeId: envelope.id };
      const view = await reportConflict(services, { principal, idempotencyKey: envelope.id, report, from });
      await reply('conflict.decided', decidedOf(view));
    },
  ),
};
