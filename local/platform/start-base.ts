import { type FrontDoor, startFrontDoor } from '../front-door/front-door.ts';
import { createFunctions } from '../functions/create-functions.ts';
import { createGateway } from '../gateway/gateway.ts';
import { realClock } from '../real-clock.ts';
import type { Place } from '../template/identity.ts';
import { loadStack } from '../template/load-stack.ts';
import type { Assembly } from '../template/read-assembly.ts';
import { placeApis } from './api-addresses.ts';
import { limitsFromEnvironment, mostEnvironmentsFrom } from './limits-from-environment.ts';
import { createMeter } from './meter.ts';
import { location, type PlatformOptions } from './platform-options.ts';
import type { StopStack } from './stop-stack.ts';

const { region, accountId, host } = location;

/** What must be known before the template can be resolved: the addresses that it will show. */
export async function startBase(options: PlatformOptions, assembly: Assembly, stops: StopStack) {
  const { port, log = () => undefined, clock = realClock, chaos = {} } = options;
  const meter = createMeter();
  const frontDoor = stops.keep(await startFrontDoorBeside(port, log));
  const functions = createFunctions({
    mostEnvironments: mostEnvironmentsFrom(),
    clock,
    meter,
    log: (name, line) => log(`${name}: ${line}`),
    ...(chaos.functions && { chaos: chaos.functions }),
  });
  stops.keep(functions);
  const gateway = stops.keep(
    await createGateway({
      port,
      host,
      clock,
      invoke: functions,
      meter,
      ...(options.accessLog && { log: options.accessLog }),
      limits: { ...limitsFromEnvironment(), ...options.limits },
      chaos: chaos.gateway,
    }),
  );
  const { stackName } = assembly;
  const addresses = placeApis(assembly.template, {
    stackName,
    region,
    gatewayUrl: gateway.url,
    frontDoorUrl: frontDoor.url,
  });
  const place: Place = {
    stackName,
    region,
    accountId,
    endpointUrl: frontDoor.url,
    apiUrl: (apiId, protocol) => addresses.endpointOf(apiId, protocol),
  };
  const stack = loadStack(assembly, place, options.parameters);
  return { meter, frontDoor, functions, gateway, addresses, place, stack, clock, log, chaos };
}

/** The port after the APIs' when it is free, so that urls stay good over restarts; else any. */
async function startFrontDoorBeside(port: number, log: (line: string) => void): Promise<FrontDoor> {
  if (port === 0) return startFrontDoor(host, 0);
  return startFrontDoor(host, port + 1).catch((error: unknown) => {
    log(
      `port ${port + 1} is taken (${String(error)}): the front door takes another; urls that were presigned earlier end`,
    );
    return startFrontDoor(host, 0);
  });
}

/** What {@link startBase} started and found out. */
export type Base = Awaited<ReturnType<typeof startBase>>;
