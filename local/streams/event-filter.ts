import { compilePattern } from '#event-pattern/compile-pattern.ts';
import { flattenEvent } from '#event-pattern/flatten-event.ts';
import { InvalidEventPatternError } from '#event-pattern/invalid-event-pattern-error.ts';
import { matchEvent } from '#event-pattern/match-event.ts';
import { AwsError } from '../contract.ts';

/** A source's filters: a record passes when one pattern (JSON text) matches it. Five at most. */
export interface FilterCriteria {
  readonly Filters?: readonly { readonly Pattern?: string | undefined }[] | undefined;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html */
const mostFilters = 5;

/** Says whether a record (any JSON value) passes. */
export type EventFilter = (record: unknown) => boolean;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What of a record a pattern can see: the members that it names, whole when it says what they must be. Most of a record
 * is not even looked at. A name with a dot may stand for a path, and `$or` for several: those are kept.
 */
function named(record: unknown, shape: unknown): unknown {
  if (!isObject(record) || !isObject(shape)) return record;
  if (Object.keys(shape).some((name) => name === '$or' || name.includes('.'))) return record;
  const entries = Object.entries(record).filter(([name]) => name.includes('.') || Object.hasOwn(shape, name));
  return Object.fromEntries(entries.map(([name, value]) => [name, named(value, shape[name])]));
}

function compileFilter(source: string): EventFilter {
  // The empty pattern passes everything.
  if (/^\s*\{\s*\}\s*$/.test(source)) return () => true;
  const pattern = compilePattern(source);
  const shape: unknown = JSON.parse(source);
  return (record) => matchEvent(pattern, flattenEvent(JSON.stringify(named(record, shape))));
}

/**
 * Compiles filter criteria; none pass everything.
 * @throws {@link AwsError} `InvalidParameterValueException` when a pattern is malformed or there are too many
 */
export function compileFilterCriteria(criteria: FilterCriteria | undefined): EventFilter {
  const sources = (criteria?.Filters ?? []).flatMap((filter) => (filter.Pattern === undefined ? [] : [filter.Pattern]));
  if (sources.length > mostFilters) {
    throw new AwsError(
      'InvalidParameterValueException',
      `At most ${mostFilters} filters are allowed, not ${sources.length}.`,
    );
  }
  if (sources.length === 0) return () => true;
  try {
    const filters = sources.map(compileFilter);
    return (record) => filters.some((passes) => passes(record));
  } catch (error) {
    if (!(error instanceof InvalidEventPatternError)) throw error;
    throw new AwsError('InvalidParameterValueException', `Invalid filter pattern definition. ${error.message}`);
  }
}
