import * as z from 'zod';
import { closest } from '#core/contract/closest.ts';
import { Config, contextNames } from './config.ts';

/**
 * The CDK's own keys have a colon, a slash or a dash (`aws:cdk:…`, `@aws-cdk/…`, `cli-telemetry`). A plain name is meant for
 * us, and so is what is nearly one of ours.
 */
const isOurs = (name: string): boolean => /^\w+$/.test(name) || closest(name, contextNames) !== undefined;

const unknownName = (name: string): string => {
  const near = closest(name, contextNames);
  const hint = near === undefined ? `There are ${contextNames.join(', ')}.` : `Did you mean ${near}?`;
  return `✖ There is no setting ${name}. ${hint}`;
};

/**
 * The settings among an app's whole context. A name that is none of ours is refused rather than left out: the value that
 * was meant would silently be the default.
 * @throws Error that names each setting that is wrong, and what it may be.
 */
export const readConfig = (context: Readonly<Record<string, unknown>>): Config => {
  const known = Object.entries(context).filter(([name]) => contextNames.includes(name));
  const unknown = Object.keys(context).filter((name) => isOurs(name) && !contextNames.includes(name));
  const read = Config.safeParse(Object.fromEntries(known));
  if (read.success && unknown.length === 0) return read.data;
  const wrong = read.success ? [] : [z.prettifyError(read.error)];
  throw new Error(['Settings (-c name=value, see infra/README.md):', ...unknown.map(unknownName), ...wrong].join('\n'));
};
