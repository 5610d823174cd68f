import * as z from 'zod';
import { DecideRequest, HandOnRequest } from '#core/contract/messages.ts';
import { decideStep } from '#core/runs/decide-step.ts';
import { handOn } from '#core/runs/hand-on.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { eventHandler } from '../runtime/event-handler.ts';
import { expressionsPort } from '../runtime/expressions-port.ts';
import { enginePorts } from '../runtime/ports.ts';

/** A state that waits says with which token. */
const Request = z.union([HandOnRequest, DecideRequest]);

/** The pure steps of the modes: what a state machine asks between two stages, and what is handed on from one to the next. */
export const createDecideHandler = (services: Services) =>
  eventHandler(services, Request, async (given, request) => {
    const { data: waiting } = HandOnRequest.safeParse(request);
    if (waiting === undefined) return decideStep(given, request);
    await handOn(given, waiting);
    return { decision: 'handed_on' };
  });

export const handler = createDecideHandler(buildServices({ ...enginePorts, expressions: expressionsPort }));
