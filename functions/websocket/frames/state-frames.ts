import { clientFrames } from '#core/contract/client-frames.ts';
import { patchState } from '#core/state/patch-state.ts';
import { pullState } from '#core/state/pull-state.ts';
import { type FrameRoutes, frameRoute } from '../../runtime/frame.ts';

/** What agents and clients share. Who speaks is known of the connection. */
export const stateFrames: FrameRoutes<'state.patch' | 'state.pull'> = {
  'state.patch': frameRoute(clientFrames['state.patch'], async (services, { envelope, connection, reply }, patch) => {
    const { principal, agentId, connectionId } = connection;
    await reply(
      'state.delta',
      await patchState(services, { principal, agentId, connectionId, patchId: envelope.id, patch }),
    );
  }),
  'state.pull': frameRoute(clientFrames['state.pull'], async (services, { connection, reply }, pull) => {
    const { principal, agentId, connectionId } = connection;
    await reply('state.delta', await pullState(services, { principal, agentId, connectionId, pull }));
  }),
};
