import { logChange } from '#core/event-log/log-change.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { changeHandler } from '../runtime/change-handler.ts';
import { socketsPort, tablePort } from '../runtime/ports.ts';

/** Writes the logs of tasks and runs that somebody follows. */
export const createLogHandler = (services: Services) => changeHandler(services, logChange);

export const handler = createLogHandler(buildServices({ table: tablePort, sockets: socketsPort }));
