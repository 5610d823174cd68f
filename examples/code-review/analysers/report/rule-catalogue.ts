/** What the report knows about a rule beyond its findings. */
export interface RuleFacts {
  readonly title: string;
  readonly advice: string;
  /** How often a finding of the rule is right, from 0 to 1: ranks findings of one severity. */
  readonly confidence: number;
  readonly minutesEach: number;
  /** Rules with one topic say the same thing about a line. */
  readonly topic: string;
}

const CATALOGUE: Readonly<Record<string, RuleFacts>> = {
  'syntax/parse-error': {
    title: 'Repair files that cannot be parsed',
    advice:
      'Fix the first reported line of each file and run the review again: the other analysers see the file only then.',
    confidence: 1,
    minutesEach: 10,
    topic: 'syntax',
  },
  'syntax/too-deep': {
    title: 'Look at files that are nested too deeply to be parsed',
    advice: 'Such files are data or generated: move them out of the sources or mark them as generated.',
    confidence: 1,
    minutesEach: 15,
    topic: 'syntax',
  },
  'security/hardcoded-secret': {
    title: 'Revoke and remove hard-coded secrets',
    advice:
      'Revoke each credential first (removing it leaves it in the history), then read the new one from a secret store or the environment, and add a secret scan to the commit hooks.',
    confidence: 0.9,
    minutesEach: 45,
    topic: 'secret',
  },
  'security/dynamic-code': {
    title: 'Stop running text as code',
    advice:
      'Replace eval and its relatives by a parser, a table of functions or JSON; where code must be loaded, load it from a reviewed file.',
    confidence: 0.95,
    minutesEach: 60,
    topic: 'dynamic-code',
  },
  'security/command-injection': {
    title: 'Keep values out of shell commands',
    advice:
      'Call execFile or spawn with an argument list and without a shell, and put -- before values that may start with a dash.',
    confidence: 0.9,
    minutesEach: 30,
    topic: 'injection',
  },
  'security/sql-injection': {
    title: 'Pass values to SQL as parameters',
    advice: 'Use placeholders of the driver for values; take names of tables and columns from a fixed list.',
    confidence: 0.9,
    minutesEach: 30,
    topic: 'injection',
  },
  'security/unescaped-markup': {
    title: 'Escape what is written as markup',
    advice: 'Set textContent, build elements, or sanitise the text with a maintained library before it becomes markup.',
    confidence: 0.8,
    minutesEach: 30,
    topic: 'markup',
  },
  'complexity/cyclomatic': {
    title: 'Split functions with too many paths',
    advice:
      'Extract one function for each decision, return early, and replace long switches by tables; cover the paths by tests before changing them.',
    confidence: 1,
    minutesEach: 90,
    topic: 'complexity',
  },
  'tests/untested-module': {
    title: 'Test the modules that no test reaches',
    advice:
      'Begin with the modules that other findings name; one test of the main path of each shows that it loads and does its work.',
    confidence: 0.9,
    minutesEach: 60,
    topic: 'tests',
  },
  'tests/untested-export': {
    title: 'Test or remove exports that nothing uses',
    advice: 'Remove the export when nothing outside needs it; otherwise add a test that calls it.',
    confidence: 0.8,
    minutesEach: 20,
    topic: 'tests',
  },
  'style/empty-catch': {
    title: 'Do not swallow errors',
    advice: 'Handle the error, rethrow it, or explain in a comment why it may be ignored; catch only what is expected.',
    confidence: 0.95,
    minutesEach: 15,
    topic: 'empty-catch',
  },
  'style/loose-equality': {
    title: 'Compare without type conversion',
    advice: 'Replace == by === and != by !== and convert explicitly where the types differ.',
    confidence: 0.95,
    minutesEach: 5,
    topic: 'equality',
  },
  'style/no-var': {
    title: 'Declare with const and let',
    advice: 'Replace var by const, or by let where the variable changes; most linters do it automatically.',
    confidence: 1,
    minutesEach: 2,
    topic: 'var',
  },
};

/** The facts of a rule; a rule from elsewhere gets neutral ones. */
export function ruleFacts(rule: string): RuleFacts {
  return (
    CATALOGUE[rule] ?? {
      title: `Resolve the findings of ${rule}`,
      advice: 'Look at each finding and decide whether it is to be fixed.',
      confidence: 0.5,
      minutesEach: 15,
      topic: rule,
    }
  );
}
