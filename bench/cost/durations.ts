import { type FunctionName, functionNames, functionSpecs } from '#infra/config/functions.ts';

/**
 * How long one warm invocation of each function is billed for, in milliseconds. Fixed, so that what is reckoned from it
 * is the same on every machine: 5 ms for each call to a service that the function usually makes in a row, and 5 more.
 * What is not listed has the default.
 */
const durationsMs: Readonly<Partial<Record<FunctionName, number>>> = {
  'websocket/connect': 20,
  'websocket/disconnect': 25,
  'http/authorise': 10,
  'http/agents': 25,
  'http/workflows': 20,
  'http/payloads': 10,
  'http/system': 15,
  'http/not-found': 5,
  'queue/dispatch': 60,
  'schedule/sweep': 100,
};
const defaultMs = 40;

const idOf = (name: string): string =>
  `Functions${name.replaceAll(/(^|[/-])([a-z])/g, (_whole, _separator, letter: string) => letter.toUpperCase())}Function`;

/** The entry of a function, from its generated name. @throws Error for a function that the catalogue does not know */
export const functionOf = (physicalName: string): FunctionName => {
  const found = functionNames.find((name) => physicalName.includes(idOf(name)));
  if (found === undefined) throw new Error(`${physicalName} is no function of the catalogue.`);
  return found;
};

/** GB-milliseconds that an invocation is billed for. */
export const gbMsOf = (name: FunctionName): number =>
  (functionSpecs[name].memoryMb / 1024) * (durationsMs[name] ?? defaultMs);
