import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { frameHandler } from '../runtime/frame-handler.ts';
import { socketsPort, tablePort, vaultPort } from '../runtime/ports.ts';
import { secretFrames } from './frames/secret-frames.ts';

/** The frames for which a secret is read: a function of their own, so that no other one may. */
export const createSecretHandler = (services: Services) => frameHandler(services, secretFrames);

export const handler = createSecretHandler(buildServices({ table: tablePort, sockets: socketsPort, vault: vaultPort }));
