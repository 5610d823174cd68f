import { TimerMessage } from '#core/contract/messages.ts';
import type { Services } from '#core/services.ts';
import { handleTimer } from '#core/timers/handle-timer.ts';
import { buildServices } from '../runtime/build-services.ts';
import { enginePorts } from '../runtime/ports.ts';
import { queueHandler } from '../runtime/queue-handler.ts';

/** What had to happen at a time that has come. */
export const createTimersHandler = (services: Services) => queueHandler(services, TimerMessage, handleTimer);

export const handler = createTimersHandler(buildServices(enginePorts));
