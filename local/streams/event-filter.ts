import { AwsError } from '../contract.ts';
import { compilePattern } from '../event-bus/pattern/compile-pattern.ts';
import { flattenEvent } from '../event-bus/pattern/flatten-event.ts';
import { InvalidEventPatternError } from '../event-bus/pattern/invalid-event-pattern-error.ts';
import { matchEvent } from '../event-bus/pattern/match-event.ts';

/** A source's filters: a record passes when one pattern (JSON text) matches it. Five at most. */
export interface FilterCriteria {
  readonly Filters?: readonly { readonly Pattern?: string | undefined }[] | undefined;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html */
const mostFilters = 5;

/** Says whether a record (any JSON value) passes. */
export type EventFilter = (record: unknown) => boolean;

function compileFilter(source: string): EventFilter {
  // The empty pattern passes everything.
  if (/^\s*\{\s*\}\s*$/.test(source)) return () => true;
  const pattern = compilePattern(source);
  return (record) => matchEvent(pattern, flattenEvent(JSON.stringify(record)));
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
