import { PolicyError } from './errors.ts';
import { wildcard } from './wildcard.ts';

/** What is known about a request, by condition key in lower case (`aws:sourcearn`). */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** Whether every condition of a statement holds for a request. */
export type ConditionTest = (context: RequestContext) => boolean;

type Compare = (actual: string, wanted: string) => boolean;

const number =
  (test: (difference: number) => boolean): Compare =>
  (actual, wanted) =>
    test(Number(actual) - Number(wanted));
const like: Compare = (actual, wanted) => wildcard(wanted).test(actual);
const equals: Compare = (actual, wanted) => actual === wanted;
const equalsIgnoreCase: Compare = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();

const comparisons: Readonly<Record<string, Compare>> = {
  ArnEquals: like,
  ArnLike: like,
  Bool: equalsIgnoreCase,
  NumericEquals: number((difference) => difference === 0),
  NumericGreaterThan: number((difference) => difference > 0),
  NumericGreaterThanEquals: number((difference) => difference >= 0),
  NumericLessThan: number((difference) => difference < 0),
  NumericLessThanEquals: number((difference) => difference <= 0),
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoreCase,
  StringLike: like,
};
const negations: Readonly<Record<string, Compare>> = {
  ArnNotEquals: like,
  ArnNotLike: like,
  StringNotEquals: equals,
  StringNotEqualsIgnoreCase: equalsIgnoreCase,
  StringNotLike: like,
};

type Wanted = string | number | boolean | readonly string[];

/** Compiles a statement's `Condition`. @throws {@link PolicyError} for an operator that cannot be evaluated here. */
export function compileConditions(block: Record<string, Record<string, Wanted>>, owner: string): ConditionTest {
  const tests = Object.entries(block).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => compileTest(operator, key.toLowerCase(), texts(wanted), owner)),
  );
  return (context) => tests.every((test) => test(context));
}

function texts(wanted: Wanted): readonly string[] {
  return typeof wanted === 'object' ? wanted : [String(wanted)];
}

function compileTest(operator: string, key: string, wanted: readonly string[], owner: string): ConditionTest {
  if (operator === 'Null') return (context) => (context[key] === undefined) === (wanted[0] === 'true');
  const { quantifier, base, isIfExists } = parseOperator(operator);
  const positive = comparisons[base];
  const negative = negations[base];
  const compare = positive ?? negative;
  if (compare === undefined) {
    throw new PolicyError(`${owner}: the condition operator ${operator} is not supported by the local platform`);
  }
  const holds = (value: string): boolean => {
    const isEqual = wanted.some((one) => compare(value, one));
    return positive === undefined ? !isEqual : isEqual;
  };
  const whenMissing = isIfExists || positive === undefined || quantifier === 'ForAllValues';
  return (context) => {
    const actual = context[key];
    if (actual === undefined) return whenMissing;
    const values = typeof actual === 'string' ? [actual] : actual;
    return quantifier === 'ForAllValues' ? values.every(holds) : values.some(holds);
  };
}

function parseOperator(operator: string): { quantifier: string | undefined; base: string; isIfExists: boolean } {
  const colon = operator.indexOf(':');
  const quantifier = colon < 0 ? undefined : operator.slice(0, colon);
  const rest = operator.slice(colon + 1);
  const isIfExists = rest.endsWith('IfExists');
  return { quantifier, base: isIfExists ? rest.slice(0, -'IfExists'.length) : rest, isIfExists };
}
