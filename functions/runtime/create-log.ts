import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import type { Log } from '#core/ports/log.ts';
import { optionalVariable, type Variables } from './environment.ts';
import { embeddedMetrics } from './metrics.ts';

/** Names, ids and reasons. Any other text stays out of the log: it could be a payload, a token or a secret. */
const loggedTexts: ReadonlySet<string> = new Set([
  'action',
  'agentId',
  'code',
  'connectionId',
  'errorMessage',
  'errorName',
  'executionArn',
  'frameId',
  'kind',
  'messageId',
  'mode',
  'parentSpanId',
  'pattern',
  'phase.type',
  'pk',
  'principal',
  'reason',
  'refused',
  'requestId',
  'role',
  'route',
  'runId',
  'sequenceNumber',
  'sk',
  'spanId',
  'stack',
  'status',
  'step',
  'task.id',
  'task.type',
  'taskId',
  'tenant',
  'traceId',
  'traceparent',
  'type',
  'workflow',
]);

const isLogged = (name: string, value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && loggedTexts.has(name));

/** The fields that may be logged: numbers, truth values, and texts under known names. */
export const allowedFields = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([name, value]) => isLogged(name, value)));

const LogLevel = z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).catch('INFO');

/** Structured lines on standard output, by Powertools; what is counted of a line rides in it. */
export const createLog = (variables: Variables): Log => {
  const logger = new Logger({
    serviceName: 'muster',
    logLevel: LogLevel.parse(optionalVariable(variables, 'logLevel')),
  });
  const namespace = optionalVariable(variables, 'metricsNamespace') ?? 'Muster';
  const extra = (message: string, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
    ...allowedFields(fields),
    ...embeddedMetrics({ message, fields }, namespace, Date.now()),
  });
  return {
    info: (message, fields) => logger.info(message, extra(message, fields)),
    warn: (message, fields) => logger.warn(message, extra(message, fields)),
  };
};
