import { comparableOrUndefined } from './comparable-number.ts';
import { containsIp, type IpRange } from './ip-range.ts';
import { matchesWildcard, type WildcardToken } from './wildcard.ts';

/** A bound of a numeric range, in millionths. */
export interface Bound {
  readonly value: bigint;
  readonly isInclusive: boolean;
}

/**
 * One alternative of a field. Texts are held as the values they are compared with: a string keeps its quotes, so that
 * `"1"` and `1` differ and prefixes match strings only.
 */
export type Matcher =
  | { readonly type: 'exact'; readonly text: string }
  | { readonly type: 'prefix'; readonly text: string }
  | { readonly type: 'suffix'; readonly text: string }
  | { readonly type: 'equals-ignore-case'; readonly text: string }
  | { readonly type: 'prefix-ignore-case'; readonly text: string }
  | { readonly type: 'suffix-ignore-case'; readonly text: string }
  | { readonly type: 'wildcard'; readonly tokens: readonly WildcardToken[] }
  | { readonly type: 'numeric'; readonly bottom?: Bound; readonly top?: Bound }
  | { readonly type: 'ip'; readonly range: IpRange }
  | { readonly type: 'exists' }
  | { readonly type: 'absent' }
  | { readonly type: 'none-of'; readonly matchers: readonly Matcher[] };

/** Case folding as AWS does it: each character of the pattern stands for itself, its upper and its lower form. */
function isSameIgnoringCase(patternCharacter: string | undefined, valueCharacter: string | undefined): boolean {
  if (patternCharacter === undefined || valueCharacter === undefined) return patternCharacter === valueCharacter;
  return (
    patternCharacter === valueCharacter ||
    patternCharacter.toLowerCase() === valueCharacter ||
    patternCharacter.toUpperCase() === valueCharacter
  );
}

function startsWithIgnoringCase(value: readonly string[], pattern: readonly string[]): boolean {
  return pattern.every((character, index) => isSameIgnoringCase(character, value[index]));
}

function matchesIgnoringCase(matcher: { type: string; text: string }, valueText: string): boolean {
  const value = Array.from(valueText);
  const pattern = Array.from(matcher.text);
  if (matcher.type === 'prefix-ignore-case') return startsWithIgnoringCase(value, pattern);
  if (matcher.type === 'suffix-ignore-case') {
    return startsWithIgnoringCase(value.toReversed(), pattern.toReversed());
  }
  return value.length === pattern.length && startsWithIgnoringCase(value, pattern);
}

function isWithin(value: bigint | undefined, bottom: Bound | undefined, top: Bound | undefined): boolean {
  if (value === undefined) return false;
  if (bottom !== undefined && (bottom.isInclusive ? value < bottom.value : value <= bottom.value)) return false;
  return !(top !== undefined && (top.isInclusive ? value > top.value : value >= top.value));
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1) : text;
}

function matchesText(matcher: Extract<Matcher, { readonly text: string }>, text: string): boolean {
  switch (matcher.type) {
    case 'exact':
      return text === matcher.text;
    case 'prefix':
      return text.startsWith(matcher.text);
    case 'suffix':
      return text.endsWith(matcher.text);
    default:
      return matchesIgnoringCase(matcher, text);
  }
}

/** Matches one value that the event has; absence is decided by the caller, who knows the other fields. */
export function matchesValue(matcher: Matcher, text: string): boolean {
  switch (matcher.type) {
    case 'wildcard':
      return matchesWildcard(matcher.tokens, text);
    case 'numeric':
      return isWithin(comparableOrUndefined(text), matcher.bottom, matcher.top);
    case 'ip':
      return containsIp(matcher.range, unquote(text));
    case 'exists':
      return true;
    case 'absent':
      return false;
    case 'none-of':
      return matcher.matchers.every((excluded) => !matchesValue(excluded, text));
    default:
      return matchesText(matcher, text);
  }
}
