import { DecideRequest } from '#core/contract/messages.ts';
import { decideStep } from '#core/runs/decide-step.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { eventHandler } from '../runtime/event-handler.ts';
import { enginePorts } from '../runtime/ports.ts';

/** The pure steps of the modes: what a state machine asks between two stages. */
export const createDecideHandler = (services: Services) => eventHandler(services, DecideRequest, decideStep);

export const handler = createDecideHandler(buildServices(enginePorts));
