import { compileFilterCriteria, type EventFilter, type FilterCriteria } from '../streams/event-filter.ts';
import type { SqsRecord } from './queue-message.ts';

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A source's filters over SQS records. Where the body is a JSON object, patterns see it parsed; a pattern with fields
 * inside `body` never matches another body.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
 */
export function compileMessageFilter(criteria: FilterCriteria | undefined): (record: SqsRecord) => boolean {
  const passes: EventFilter = compileFilterCriteria(criteria);
  if ((criteria?.Filters ?? []).length === 0) return () => true;
  return (record) => {
    const body = readJson(record.body);
    return passes(isObject(body) ? { ...record, body } : record);
  };
}
