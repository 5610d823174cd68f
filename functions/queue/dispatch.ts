import { TasksMessage } from '#core/contract/messages.ts';
import { settleWaiting } from '#core/escalations/settle-waiting.ts';
import { spreadMessage } from '#core/messaging/spread-message.ts';
import { goOnCancelling } from '#core/runs/cancel-run.ts';
import { followTask } from '#core/runs/child-run.ts';
import type { Services } from '#core/services.ts';
import { createChunk, createStage } from '#core/stages/create-stage.ts';
import { buildServices } from '../runtime/build-services.ts';
import { enginePorts } from '../runtime/ports.ts';
import { queueHandler } from '../runtime/queue-handler.ts';

const dispatch = async (services: Services, message: TasksMessage): Promise<void> => {
  switch (message.kind) {
    case 'stage':
      return createStage(services, message);
    case 'chunk':
      return createChunk(services, message);
    case 'follow':
      return followTask(services, message.tenant, message.taskId);
    case 'cancel':
      return goOnCancelling(services, message);
    case 'spread':
      return spreadMessage(services, message);
    case 'settle':
      return settleWaiting(services, message);
  }
};

/** Stages that state machines ask for, and their parts. */
export const createDispatchHandler = (services: Services) => queueHandler(services, TasksMessage, dispatch);

export const handler = createDispatchHandler(buildServices(enginePorts));
