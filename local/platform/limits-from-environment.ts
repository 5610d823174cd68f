import { awsLimits, type GatewayLimits } from '../gateway/spec.ts';

/** Shortens the sockets' idle time and greatest age for tests: `0.001` turns 2 hours into 7 seconds. */
const variable = 'LOCAL_SOCKET_TIME_SCALE';

/** The limits that the environment changes. @throws RangeError when the scale is not a positive number */
export function limitsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): Partial<GatewayLimits> {
  const text = environment[variable];
  if (text === undefined || text === '') return {};
  const scale = Number(text);
  if (!(scale > 0)) throw new RangeError(`${variable} must be a number above 0, not ${text}`);
  return { idleMs: awsLimits.idleMs * scale, connectionAgeMs: awsLimits.connectionAgeMs * scale };
}

const environmentsVariable = 'LOCAL_ENVIRONMENTS';

/** The most environments of one function, when set. @throws RangeError when it is not a whole number above 0 */
export function mostEnvironmentsFrom(environment: NodeJS.ProcessEnv = process.env): number | undefined {
  const text = environment[environmentsVariable];
  if (text === undefined || text === '') return undefined;
  const most = Number(text);
  if (!Number.isInteger(most) || most < 1)
    throw new RangeError(`${environmentsVariable} must be a whole number above 0, not ${text}`);
  return most;
}
