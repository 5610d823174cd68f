import { randomBytes, randomInt } from 'node:crypto';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { readJson } from '#core/contract/json.ts';
import { Retention } from '#core/contract/retention.ts';
import type { Services } from '#core/services.ts';
import { createLog } from './create-log.ts';
import { ConfigurationError, optionalVariable, type Variables } from './environment.ts';

type PortName =
  | 'table'
  | 'sockets'
  | 'queues'
  | 'executions'
  | 'expressions'
  | 'events'
  | 'payloads'
  | 'secrets'
  | 'tokens'
  | 'vault'
  | 'schedules';

/** The ports that a function uses. */
export type PortFactories = { readonly [Name in PortName]?: (variables: Variables) => Services[Name] };

const parseRetention = (text: string | undefined): Retention => {
  const retention = Retention.safeParse(text === undefined ? {} : readJson(text));
  if (!retention.success) throw new ConfigurationError('RETENTION_DAYS is not a JSON object of days, 1 to 3650 each.');
  return retention.data;
};

/** As many fractions as `randomInt` can choose among. */
const fractionCount = 2 ** 48;

/** Builds a port when it is first asked for, and then gives the same one. */
const lazily =
  (variables: Variables) =>
  <Port>(name: PortName, build: ((variables: Variables) => Port) | undefined): (() => Port) => {
    let built: { readonly port: Port } | undefined;
    return () => {
      if (build === undefined) throw new ConfigurationError(`This function is built without the port ${name}.`);
      built ??= { port: build(variables) };
      return built.port;
    };
  };

/**
 * Services of one execution environment, from its variables. A port is built when it is first used, so a variable that
 * is missing is an error of the use case that needs it, which names it.
 */
export const buildServices = (factories: PortFactories, variables: Variables = process.env): Services => {
  const once = lazily(variables);
  const table = once('table', factories.table);
  const sockets = once('sockets', factories.sockets);
  const queues = once('queues', factories.queues);
  const executions = once('executions', factories.executions);
  const expressions = once('expressions', factories.expressions);
  const events = once('events', factories.events);
  const payloads = once('payloads', factories.payloads);
  const secrets = once('secrets', factories.secrets);
  const tokens = once('tokens', factories.tokens);
  const vault = once('vault', factories.vault);
  const schedules = once('schedules', factories.schedules);
  return {
    get table() {
      return table();
    },
    get sockets() {
      return sockets();
    },
    get queues() {
      return queues();
    },
    get executions() {
      return executions();
    },
    get expressions() {
      return expressions();
    },
    get events() {
      return events();
    },
    get payloads() {
      return payloads();
    },
    get secrets() {
      return secrets();
    },
    get tokens() {
      return tokens();
    },
    get schedules() {
      return schedules();
    },
    get vault() {
      return vault();
    },
    clock: { now: Date.now },
    random: { fraction: () => randomInt(fractionCount - 1) / fractionCount, bytes: () => randomBytes(16) },
    log: createLog(variables),
    cache: createEnvironmentCache(randomInt(2 ** 16)),
    retention: parseRetention(optionalVariable(variables, 'retention')),
  };
};
