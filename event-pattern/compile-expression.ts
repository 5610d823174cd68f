import { comparableOrUndefined, NumberOutOfRangeError, toComparable } from './comparable-number.ts';
import { InvalidEventPatternError } from './invalid-event-pattern-error.ts';
import { CidrError, parseCidr } from './ip-range.ts';
import type { Bound, Matcher } from './matcher.ts';
import type { PatternReader } from './pattern-reader.ts';
import { parseWildcard, WildcardError } from './wildcard.ts';

const onlyOneKey = 'Only one key allowed in match expression';
const tooManyElements = 'Too many elements in numeric expression';

function readWildcard(reader: PatternReader): Matcher {
  try {
    return { type: 'wildcard', tokens: parseWildcard(reader.text()) };
  } catch (error) {
    if (error instanceof WildcardError) reader.refuse(error.message);
    throw error;
  }
}

function readNumber(reader: PatternReader): bigint {
  const text = reader.text();
  try {
    return toComparable(text);
  } catch (error) {
    if (error instanceof NumberOutOfRangeError) reader.refuse(error.message);
    throw error;
  }
}

/** Reads `{"equals-ignore-case": "x"}` where a prefix or suffix stands; the opening brace is already read. */
function readNestedIgnoreCase(reader: PatternReader, operator: 'prefix' | 'suffix'): Matcher {
  const title = operator === 'prefix' ? 'Prefix' : 'Suffix';
  if (reader.next() !== 'field-name') reader.refuse(`${title} expression name not found`);
  const name = reader.text();
  if (name !== 'equals-ignore-case') reader.refuse(`Unsupported ${operator} pattern: ${name}`);
  reader.expectNext('string', 'equals-ignore-case match pattern must be a string');
  const text = reader.text();
  reader.expectNext('end-object', onlyOneKey);
  reader.expectNext('end-object', onlyOneKey);
  return operator === 'prefix'
    ? { type: 'prefix-ignore-case', text: `"${text}` }
    : { type: 'suffix-ignore-case', text: `${text}"` };
}

function readPrefixOrSuffix(reader: PatternReader, operator: 'prefix' | 'suffix'): Matcher {
  const kind = reader.next();
  if (kind === 'start-object') return readNestedIgnoreCase(reader, operator);
  if (kind !== 'string') reader.refuse(`${operator} match pattern must be a string`);
  const text = reader.text();
  reader.expectNext('end-object', onlyOneKey);
  return operator === 'prefix' ? { type: 'prefix', text: `"${text}` } : { type: 'suffix', text: `${text}"` };
}

function readRangeTop(reader: PatternReader): Bound {
  if (reader.kind !== 'string') reader.refuse(`Bad value in numeric range: ${reader.text()}`);
  const operator = reader.text();
  if (operator !== '<' && operator !== '<=') reader.refuse(`Bad numeric range operator: ${operator}`);
  reader.expectNext('number', `Value of ${operator} must be numeric`);
  // AWS reads the number's text, then the closing bracket, then checks the value.
  const text = reader.text();
  reader.expectNext('end-array', 'Too many terms in numeric range expression');
  const value = comparableOrUndefined(text);
  if (value === undefined) reader.refuse(explainNumber(text));
  return { value, isInclusive: operator === '<=' };
}

function explainNumber(text: string): string {
  try {
    toComparable(text);
  } catch (error) {
    if (error instanceof NumberOutOfRangeError) return error.message;
    throw error;
  }
  return `Not a number: ${text}`;
}

function readRangeFromBottom(reader: PatternReader, bottomText: string, isInclusive: boolean): Matcher {
  const hasTop = reader.next() !== 'end-array';
  const top = hasTop ? readRangeTop(reader) : undefined;
  const value = comparableOrUndefined(bottomText);
  if (value === undefined) reader.refuse(explainNumber(bottomText));
  if (top === undefined) return { type: 'numeric', bottom: { value, isInclusive } };
  if (value >= top.value) reader.refuse('Bottom must be less than top');
  return { type: 'numeric', bottom: { value, isInclusive }, top };
}

function readNumeric(reader: PatternReader): Matcher {
  reader.expectNext('start-array', 'Value of numeric must be an array.');
  if (reader.next() !== 'string') reader.refuse(`Invalid member in numeric match: ${reader.rawText()}`);
  const operator = reader.text();
  const kind = reader.next();
  if (!['=', '<', '<=', '>', '>='].includes(operator)) {
    reader.refuse(`Unrecognized numeric range operator: ${operator}`);
  }
  if (kind !== 'number') reader.refuse(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`);
  const text = reader.text();
  if (operator === '>' || operator === '>=') return readRangeFromBottom(reader, text, operator === '>=');
  reader.expectNext('end-array', tooManyElements);
  const value = comparableOrUndefined(text);
  if (value === undefined) reader.refuse(explainNumber(text));
  const top: Bound = { value, isInclusive: operator !== '<' };
  return operator === '=' ? { type: 'numeric', bottom: top, top } : { type: 'numeric', top };
}

function readNumericOperator(reader: PatternReader): Matcher {
  const matcher = readNumeric(reader);
  reader.expectNext('end-object', tooManyElements);
  return matcher;
}

const nestedAnythingBut = ['equals-ignore-case', 'prefix', 'suffix', 'wildcard'] as const;
type NestedAnythingBut = (typeof nestedAnythingBut)[number];

function readNestedExclusion(reader: PatternReader, operator: NestedAnythingBut): Matcher {
  if (reader.kind !== 'string') {
    if (operator === 'equals-ignore-case') {
      reader.refuse('Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.');
    }
    const subject = operator === 'wildcard' ? 'wildcard' : 'prefix/suffix';
    reader.refuse(`${subject} match pattern must be a string`);
  }
  const text = reader.text();
  if (operator === 'wildcard') return readWildcard(reader);
  if (operator === 'equals-ignore-case') return { type: operator, text: `"${text}"` };
  if (text === '') reader.refuse('Null prefix/suffix not allowed');
  return operator === 'prefix' ? { type: operator, text: `"${text}` } : { type: operator, text: `${text}"` };
}

function readExclusion(reader: PatternReader): Matcher {
  if (reader.kind === 'string') return { type: 'exact', text: `"${reader.text()}"` };
  if (reader.kind === 'number') {
    const value = readNumber(reader);
    return { type: 'numeric', bottom: { value, isInclusive: true }, top: { value, isInclusive: true } };
  }
  return reader.refuse('Inside anything but list, start|null|boolean is not supported.');
}

/** An element of a list that is at fault: AWS names the place twice, but once for a number out of range. */
function readListed(reader: PatternReader, readOne: () => Matcher, isNumber: boolean): Matcher {
  try {
    return readOne();
  } catch (error) {
    if (error instanceof InvalidEventPatternError && !isNumber) reader.refuse(error.reason);
    throw error;
  }
}

function readExclusions(reader: PatternReader, nested: NestedAnythingBut | undefined): readonly Matcher[] {
  const readOne = (): Matcher => (nested === undefined ? readExclusion(reader) : readNestedExclusion(reader, nested));
  if (reader.kind !== 'start-array') return [readOne()];
  const matchers: Matcher[] = [];
  for (let kind = reader.next(); kind !== 'end-array'; kind = reader.next()) {
    matchers.push(readListed(reader, readOne, nested === undefined && kind === 'number'));
  }
  const types = new Set(matchers.map((matcher) => matcher.type));
  if (nested === undefined && types.size !== 1) {
    reader.refuse('Inside anything but list, either all values are number or string, mixed type is not supported');
  }
  return matchers;
}

function readAnythingBut(reader: PatternReader): Matcher {
  let nested: NestedAnythingBut | undefined;
  if (reader.next() === 'start-object') {
    if (reader.next() !== 'field-name') reader.refuse('Anything-But expression name not found');
    const name = reader.text();
    nested = nestedAnythingBut.find((operator) => operator === name);
    if (nested === undefined) reader.refuse(`Unsupported anything-but pattern: ${name}`);
    reader.next();
  }
  if (!['start-array', 'string', 'number'].includes(reader.kind)) {
    reader.refuse('Value of anything-but must be an array or single string/number value.');
  }
  const matchers = readExclusions(reader, nested);
  reader.expectNext('end-object', tooManyElements);
  if (nested !== undefined) reader.expectNext('end-object', tooManyElements);
  return { type: 'none-of', matchers };
}

function readExists(reader: PatternReader): Matcher {
  const kind = reader.next();
  if (kind !== 'true' && kind !== 'false') reader.refuse('exists match pattern must be either true or false.');
  reader.expectNext('end-object', onlyOneKey);
  return { type: kind === 'true' ? 'exists' : 'absent' };
}

function readCidr(reader: PatternReader): Matcher {
  // The operand's name in this message is AWS's.
  reader.expectNext('string', 'prefix match pattern must be a string');
  try {
    const matcher: Matcher = { type: 'ip', range: parseCidr(reader.text()) };
    reader.expectNext('end-object', onlyOneKey);
    return matcher;
  } catch (error) {
    if (error instanceof CidrError) reader.refuseWithoutPlace(error.message);
    throw error;
  }
}

function readStringOperand(reader: PatternReader, operator: string): string {
  reader.expectNext('string', `${operator} match pattern must be a string`);
  return reader.text();
}

function readWildcardOperator(reader: PatternReader): Matcher {
  readStringOperand(reader, 'wildcard');
  const matcher = readWildcard(reader);
  reader.expectNext('end-object', onlyOneKey);
  return matcher;
}

function readTextOperator(reader: PatternReader, operator: 'exactly' | 'equals-ignore-case'): Matcher {
  const text = readStringOperand(reader, operator === 'exactly' ? 'exact' : operator);
  reader.expectNext('end-object', onlyOneKey);
  return { type: operator === 'exactly' ? 'exact' : operator, text: `"${text}"` };
}

/** Reads one `{operator: operand}` whose opening brace has just been read. */
export function compileExpression(reader: PatternReader): Matcher {
  if (reader.next() !== 'field-name') reader.refuse('Match expression name not found');
  const operator = reader.text();
  switch (operator) {
    case 'exactly':
    case 'equals-ignore-case':
      return readTextOperator(reader, operator);
    case 'prefix':
    case 'suffix':
      return readPrefixOrSuffix(reader, operator);
    case 'numeric':
      return readNumericOperator(reader);
    case 'anything-but':
      return readAnythingBut(reader);
    case 'exists':
      return readExists(reader);
    case 'cidr':
      return readCidr(reader);
    case 'wildcard':
      return readWildcardOperator(reader);
    default:
      return reader.refuse(`Unrecognized match type ${operator}`);
  }
}
