import { compilePattern } from './compile-pattern.ts';
import { flattenEvent, InvalidEventError } from './flatten-event.ts';
import { InvalidEventPatternError } from './invalid-event-pattern-error.ts';
import { matchEvent } from './match-event.ts';

/** The answer of TestEventPattern. */
export type PatternAnswer =
  | { readonly match: boolean }
  | { readonly error: 'InvalidEventPatternException'; readonly reason: string; readonly path: string }
  | { readonly error: 'ValidationException'; readonly reason: string };

/**
 * Answers as AWS's TestEventPattern: the pattern is checked first, then the event, then they are matched.
 * @param pattern JSON text
 * @param event JSON text
 */
export function testEventPattern(pattern: string, event: string): PatternAnswer {
  try {
    const compiled = compilePattern(pattern.trim());
    return { match: matchEvent(compiled, flattenEvent(event)) };
  } catch (error) {
    if (error instanceof InvalidEventPatternError) {
      return { error: 'InvalidEventPatternException', reason: error.reason, path: error.path };
    }
    if (error instanceof InvalidEventError) {
      return { error: 'ValidationException', reason: `Parameter Event is not valid. Reason: ${error.message}` };
    }
    throw error;
  }
}
