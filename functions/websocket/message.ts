import type { ClientFrameType } from '#core/contract/client-frames.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import type { FrameRoutes } from '../runtime/frame.ts';
import { frameHandler } from '../runtime/frame-handler.ts';
import { enginePorts } from '../runtime/ports.ts';
import { agentFrames } from './frames/agent-frames.ts';
import { conflictFrames } from './frames/conflict-frames.ts';
import { messagingFrameRoutes } from './frames/messaging-frames.ts';
import { payloadFrames } from './frames/payload-frames.ts';
import { requestFrames } from './frames/request-frames.ts';
import type { secretFrames } from './frames/secret-frames.ts';
import { stateFrames } from './frames/state-frames.ts';
import { taskFrames } from './frames/task-frames.ts';
import { watchFrames } from './frames/watch-frames.ts';
import { workFrames } from './frames/work-frames.ts';

/** Every frame that agents and clients send, but for those that have a function of their own. */
const frames: FrameRoutes<Exclude<ClientFrameType, keyof typeof secretFrames>> = {
  ...agentFrames,
  ...workFrames,
  ...taskFrames,
  ...watchFrames,
  ...payloadFrames,
  ...requestFrames,
  ...messagingFrameRoutes,
  ...stateFrames,
  ...conflictFrames,
};

export const createMessageHandler = (services: Services) => frameHandler(services, frames);

export const handler = createMessageHandler(buildServices(enginePorts));
