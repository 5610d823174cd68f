import { type CompiledPattern, compilePattern } from '#event-pattern/compile-pattern.ts';
import { InvalidEventPatternError } from '#event-pattern/invalid-event-pattern-error.ts';
import { AwsError } from '../contract.ts';

/** Compiles a pattern as the service does. @throws AwsError `InvalidEventPatternException` */
export function compileRulePattern(pattern: string): CompiledPattern {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof InvalidEventPatternError) throw new AwsError('InvalidEventPatternException', error.message);
    throw error;
  }
}
