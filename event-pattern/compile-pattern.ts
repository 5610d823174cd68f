import { comparableOrUndefined } from './comparable-number.ts';
import { compileExpression } from './compile-expression.ts';
import { InvalidEventPatternError } from './invalid-event-pattern-error.ts';
import { parseIp } from './ip-range.ts';
import type { Matcher } from './matcher.ts';
import { PatternReader } from './pattern-reader.ts';
import type { WildcardToken } from './wildcard.ts';
import { isTooComplex } from './wildcard-complexity.ts';

/** Fields that must all match. A pattern without `$or` has one branch. */
type PatternBranch = ReadonlyMap<string, readonly Matcher[]>;

/** A pattern ready to match: some branch must match. */
export interface CompiledPattern {
  readonly branches: readonly PatternBranch[];
}

/** Names that may not be fields inside `$or`: with them, an object is an expression. */
const reservedInsideOr = new Set(
  (
    'exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= regex ' +
    'not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range ' +
    'ip-address-in-range ip-address-not-in-range'
  ).split(' '),
);

type Branches = Map<string, readonly Matcher[]>[];

interface Scope {
  readonly isInsideOr: boolean;
  readonly orIsField: boolean;
}

function compileString(text: string): Matcher[] {
  const range = parseIp(text);
  return range === undefined ? [{ type: 'exact', text: `"${text}"` }] : [{ type: 'ip', range }];
}

function compileNumber(text: string): Matcher[] {
  const value = comparableOrUndefined(text);
  const exact: Matcher = { type: 'exact', text };
  if (value === undefined) return [exact];
  return [{ type: 'numeric', bottom: { value, isInclusive: true }, top: { value, isInclusive: true } }, exact];
}

function compileValue(reader: PatternReader): Matcher[] {
  switch (reader.kind) {
    case 'start-object':
      return [compileExpression(reader)];
    case 'string':
      return compileString(reader.text());
    case 'number':
      return compileNumber(reader.text());
    case 'null':
    case 'true':
    case 'false':
      return [{ type: 'exact', text: reader.text() }];
    default:
      return reader.refuse('Match value must be String, number, true, false, or null');
  }
}

function compileField(branches: Branches, reader: PatternReader, field: string): void {
  reader.enter(field);
  const matchers: Matcher[] = [];
  while (reader.next() !== 'end-array') matchers.push(...compileValue(reader));
  if (matchers.length === 0) reader.refuse('Empty arrays are not allowed');
  reader.leave();
  if (branches.length === 0) branches.push(new Map());
  // A field given twice keeps its last values.
  for (const branch of branches) branch.set(reader.fieldPath(field), matchers);
}

function compileOr(branches: Branches, reader: PatternReader, scope: Scope): void {
  const before = branches.splice(0);
  reader.expectNext('start-array', 'It must be an Array followed with $or.');
  let count = 0;
  for (let kind = reader.next(); kind !== 'end-array'; kind = reader.next()) {
    count += 1;
    if (kind !== 'start-object') reader.refuse('Only JSON object is allowed in array of $or relationship.');
    const alternative = before.length === 0 ? [new Map()] : before.map((branch) => new Map(branch));
    compileObject(alternative, reader, { ...scope, isInsideOr: true });
    branches.push(...alternative);
  }
  if (count < 2) reader.refuse('There must have at least 2 Objects in $or relationship.');
}

function compileMember(branches: Branches, reader: PatternReader, scope: Scope): void {
  const field = reader.text();
  if (field === '$or' && !scope.orIsField) return compileOr(branches, reader, scope);
  if (scope.isInsideOr && reservedInsideOr.has(field)) {
    reader.refuse(`${field} is Ruler reserved fieldName which cannot be used inside $or.`);
  }
  const kind = reader.next();
  if (kind === 'start-array') return compileField(branches, reader, field);
  reader.enter(field);
  if (kind !== 'start-object') reader.refuse(`"${field}" must be an object or an array`);
  compileObject(branches, reader, scope);
  reader.leave();
}

function compileObject(branches: Branches, reader: PatternReader, scope: Scope): void {
  let isEmpty = true;
  while (reader.next() !== 'end-object') {
    isEmpty = false;
    compileMember(branches, reader, scope);
  }
  if (isEmpty) reader.refuse('Empty objects are not allowed');
}

function compileSource(source: string, orIsField: boolean): CompiledPattern {
  const reader = new PatternReader(source);
  reader.expectNext('start-object', 'Filter is not an object');
  const branches: Branches = [];
  compileObject(branches, reader, { isInsideOr: false, orIsField });
  return { branches };
}

function collectWildcards(matchers: readonly Matcher[]): readonly (readonly WildcardToken[])[] {
  return matchers.flatMap((matcher) => {
    if (matcher.type === 'wildcard') return [matcher.tokens];
    return matcher.type === 'none-of' ? collectWildcards(matcher.matchers) : [];
  });
}

function refuseComplexity(pattern: CompiledPattern): void {
  for (const branch of pattern.branches) {
    for (const [path, matchers] of branch) {
      const wildcards = collectWildcards(matchers);
      if (wildcards.length === 0 || !isTooComplex(wildcards)) continue;
      const advice = 'try using fewer wildcard characters or fewer repeating character sequences after a wildcard';
      throw new InvalidEventPatternError(`Rule is too complex - ${advice} character`, path);
    }
  }
}

/** `$or` that does not have the form of an alternative is an ordinary field, as it was before the keyword existed. */
function compileWithOrAsField(source: string, refusal: InvalidEventPatternError): CompiledPattern {
  try {
    return compileSource(source, true);
  } catch (error) {
    throw error instanceof InvalidEventPatternError ? refusal : error;
  }
}

/**
 * Compiles an event pattern.
 * @param source the pattern as JSON text (numbers and repeated keys are read from the text)
 * @throws {@link InvalidEventPatternError} with AWS's reason when EventBridge would refuse it
 */
export function compilePattern(source: string): CompiledPattern {
  let pattern: CompiledPattern;
  try {
    pattern = compileSource(source, false);
  } catch (error) {
    if (!(error instanceof InvalidEventPatternError) || !source.includes('$or')) throw error;
    pattern = compileWithOrAsField(source, error);
  }
  refuseComplexity(pattern);
  return pattern;
}
