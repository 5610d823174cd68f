import { isDeepStrictEqual } from 'node:util';
import type { CallOutcome, Diagnosis } from './incident.ts';

/** Whether a call came to what it must. Without an expectation it must not fail. */
export function isRight({ call, result, error }: CallOutcome): boolean {
  if (error !== undefined) return false;
  return call.expected === undefined || isDeepStrictEqual(result, call.expected);
}

/** What failures have in common: the same error by the same words, whatever the values in it. */
export function signatureOf({ error, call }: CallOutcome): string {
  if (error === undefined) return `wrong result of ${call.name}`;
  return `${error.name}: ${error.message.replace(/'[^']*'|"[^"]*"|\d+|\b(?:null|undefined)\b/g, '…')}`;
}

/** Where the failing calls go wrong: the most frequent failure, at its most frequent place. */
export function diagnose(outcomes: readonly CallOutcome[], isSecurityRelevant: boolean): Diagnosis {
  const wrong = outcomes.filter((outcome) => !isRight(outcome));
  const groups = [...Map.groupBy(wrong, signatureOf)].toSorted(([, left], [, right]) => right.length - left.length);
  const [signature = 'not reproduced', group = []] = groups[0] ?? [];
  const [place] = group.flatMap(({ error }) => (error?.line === undefined ? [] : [error]));
  return {
    signature,
    ...(place?.file === undefined ? {} : { file: place.file, line: place.line, column: place.column }),
    reproduced: wrong.length,
    isSecurityRelevant,
  };
}
