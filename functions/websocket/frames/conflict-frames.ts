import { reportConflict } from '#core/conflicts/report-conflict.ts';
import { clientFrames } from '#core/contract/client-frames.ts';
import { type FrameRoutes, frameRoute } from '../../runtime/frame.ts';

/** What agents disagree about. The envelope's id makes a repeated report the same conflict. */
export const conflictFrames: FrameRoutes<'conflict.report'> = {
  'conflict.report': frameRoute(
    clientFrames['conflict.report'],
    async (services, { envelope, connection: { principal }, reply }, report) => {
      const view = await reportConflict(services, { principal, idempotencyKey: envelope.id, report });
      const { weighed: _weighed, positions: _positions, context: _context, log: _log, ...said } = view;
      await reply('conflict.decided', said);
    },
  ),
};
