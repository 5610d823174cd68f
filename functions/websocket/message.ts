import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { frameHandler } from '../runtime/frame-handler.ts';
import { enginePorts } from '../runtime/ports.ts';
import { agentFrames } from './frames/agent-frames.ts';
import { payloadFrames } from './frames/payload-frames.ts';
import { taskFrames } from './frames/task-frames.ts';
import { watchFrames } from './frames/watch-frames.ts';
import { workFrames } from './frames/work-frames.ts';

/** Every frame that agents and clients send. */
export const createMessageHandler = (services: Services) =>
  frameHandler(services, { ...agentFrames, ...workFrames, ...taskFrames, ...watchFrames, ...payloadFrames });

export const handler = createMessageHandler(buildServices(enginePorts));
