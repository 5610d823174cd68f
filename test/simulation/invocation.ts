import { AppError } from '#core/errors/app-error.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import type { Services } from '#core/services.ts';
import { siteOf } from './sites.ts';
import type { Environment, World } from './world.ts';

/** One run of a handler. */
export interface Invocation {
  readonly name: string;
  /** Whose work it does; absent for the sweep and other work of the platform. */
  readonly tenant?: string | undefined;
  readonly number: number;
  readonly environment: Environment;
  readonly endsBy: number;
  dead: boolean;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

const die = (world: World, invocation: Invocation, why: string): void => {
  if (invocation.dead) return;
  invocation.dead = true;
  world.faults.note(why);
  world.trace(() => `${label(invocation)} ✝ ${why}`);
  const index = world.environments.indexOf(invocation.environment);
  if (index >= 0) world.environments[index] = world.newEnvironment();
};

export const label = ({ name, number }: Invocation): string => `${name}/${number}`;

/** Whether a seed aims at a place: at one in twelve, others in each seed. */
const isTarget = ({ seed }: World, site: string): boolean => {
  let hash = Math.imul(seed, 0x9e3779b1);
  for (const letter of site) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 8) % 12 === 0;
};

type Side = 'before' | 'after';

/** A seed that is aimed at places goes as it always does until it comes to one, and dies there once, on that side of the call. */
const isAimedAt = (world: World, site: string, when: Side): boolean => {
  if (world.aims.size === 0) return false;
  const { killedBefore, killedAfter } = world.site(site);
  return (when === 'before' ? killedBefore : killedAfter) === 0 && world.aims.has(`${site} ${when}`);
};

/** Handlers die seldom at places they often pass, and often at places they seldom reach, or that are aimed at. */
const killChance = (world: World, site: string, when: Side): number => {
  if (isAimedAt(world, site, when)) return 1;
  const { kill, isAimed } = world.weather;
  if (kill === 0) return 0;
  const visits = world.site(site).calls;
  if (isAimed) return isTarget(world, site) ? Math.min(0.4, 2 / Math.sqrt(visits)) : 0;
  return Math.min(0.5, kill + (kill * 300) / visits);
};

const latencyMs = (world: World): number => {
  if (!world.chance.happens(world.weather.stall)) return 1 + world.chance.fraction() * 12;
  world.faults.note('slow port call');
  return world.chance.pick([300, 3000, 12_000]) * world.chance.fraction();
};

/** A moment at which a handler waits: others run meanwhile, and it may fail, be slow or never go on. */
const point = (world: World, invocation: Invocation, site: string, when: Side): Promise<void> => {
  if (invocation.dead) return never();
  const use = world.site(site);
  if (world.chance.happens(killChance(world, site, when))) {
    if (when === 'before') use.killedBefore += 1;
    else use.killedAfter += 1;
    world.trace(() => `${label(invocation)} dies ${when} ${site}`);
    die(world, invocation, `handler killed ${when} a call`);
    return never();
  }
  if (world.chance.happens(world.weather.unavailable)) {
    world.faults.note(`unavailable ${when} the effect`);
    world.trace(() => `${label(invocation)} unavailable ${when} ${site}`);
    return Promise.reject(new UnavailableError(site));
  }
  return new Promise((resolve) =>
    world.scheduler.after(latencyMs(world), () => {
      if (world.now > invocation.endsBy) die(world, invocation, 'handler timed out');
      if (!invocation.dead) resolve();
    }),
  );
};

/** Calls a port as a handler does: a moment before the effect, the effect at once, a moment after it. */
export const callPort = async <T>(
  world: World,
  invocation: Invocation,
  operation: string,
  effect: () => Promise<T>,
): Promise<T> => {
  const site = siteOf(operation);
  world.site(site).calls += 1;
  await point(world, invocation, site, 'before');
  const result = await effect();
  await point(world, invocation, site, 'after');
  return result;
};

export interface InvocationRequest {
  readonly name: string;
  readonly tenant?: string | undefined;
  /** @default 30 s */
  readonly timeoutMs?: number;
}

/** How a handler ended: `refused` is an error that the domain means; anything else that it throws is a violation. */
export type Ended<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: AppError };

/** Runs a use case in some environment. The promise never settles when the handler dies. */
export const invoke = async <T>(
  world: World,
  request: InvocationRequest,
  connect: (invocation: Invocation) => Services,
  useCase: (services: Services) => Promise<T>,
): Promise<Ended<T>> => {
  const { name, tenant, timeoutMs = 30_000 } = request;
  const invocation: Invocation = {
    name,
    tenant,
    number: ++world.invocations,
    environment: world.chance.pick(world.environments),
    endsBy: world.now + timeoutMs,
    dead: false,
  };
  world.trace(() => `${label(invocation)} begins`);
  try {
    const value = await useCase(connect(invocation));
    return { kind: 'done', value };
  } catch (error) {
    if (!(error instanceof AppError)) {
      world.violate(
        'unexpected error',
        `${label(invocation)}: ${error instanceof Error ? error.stack : String(error)}`,
      );
      return { kind: 'refused', error: new AppError('INTERNAL', String(error)) };
    }
    world.trace(() => `${label(invocation)} refused: ${error.code} ${error.message}`);
    return { kind: 'refused', error };
  } finally {
    // What a handler left running is frozen with its environment: it may go on later, or never.
    if (world.chance.happens(0.5)) invocation.dead = true;
  }
};
