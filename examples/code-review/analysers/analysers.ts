import { analyseComplexity } from './complexity/analyse-complexity.ts';
import type { Analyser } from './finding.ts';
import { analyseSecurity } from './security/analyse-security.ts';
import { analyseStyle } from './style/analyse-style.ts';
import { analyseSyntax } from './syntax/analyse-syntax.ts';
import { analyseTests } from './test-reach/analyse-tests.ts';

/** Every analyser by the name of its agent. `tests` needs all files at once; the others may be given any part of them. */
export const ANALYSERS = {
  syntax: analyseSyntax,
  style: analyseStyle,
  complexity: analyseComplexity,
  tests: analyseTests,
  security: analyseSecurity,
} satisfies Readonly<Record<string, Analyser>>;
