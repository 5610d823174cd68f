/**
 * Numbers as EventBridge compares them: exact decimals between -5e9 and 5e9 with at most six fractional digits,
 * held as millionths in a bigint.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#filtering-numeric-matching
 */
const fractionDigits = 6;
const limit = 5_000_000_000n * 10n ** BigInt(fractionDigits);

const decimalPattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Why a number cannot be compared, in AWS's words. */
export class NumberOutOfRangeError extends Error {
  override readonly name = 'NumberOutOfRangeError';
}

/**
 * @param text a JSON number as written
 * @throws {@link NumberOutOfRangeError} when it is outside the range or has more than six decimals
 */
export function toComparable(text: string): bigint {
  const parts = decimalPattern.exec(text);
  if (parts === null) throw new NumberOutOfRangeError(`Not a number: ${text}`);
  const [, sign = '', whole = '0', fraction = '', exponentText = '0'] = parts;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return 0n;
  const trimmed = digits.replace(/0+$/, '');
  const exponent = Number(exponentText) - fraction.length + (digits.length - trimmed.length);
  if (exponent < -fractionDigits) throw new NumberOutOfRangeError(`Only values upto 6 decimals are supported ${text}`);
  const rangeMessage = 'Value must be between -5.0E9 and 5.0E9, inclusive';
  if (trimmed.length + exponent > 11) throw new NumberOutOfRangeError(rangeMessage);
  const magnitude = BigInt(trimmed) * 10n ** BigInt(exponent + fractionDigits);
  if (magnitude > limit) throw new NumberOutOfRangeError(rangeMessage);
  return sign === '-' ? -magnitude : magnitude;
}

/** As {@link toComparable}, undefined for anything that EventBridge cannot compare as a number. */
export function comparableOrUndefined(text: string): bigint | undefined {
  try {
    return toComparable(text);
  } catch (error) {
    if (error instanceof NumberOutOfRangeError) return undefined;
    throw error;
  }
}
