import type { Mocks } from '#local/step-functions/run-definition.ts';

/** What a row expects of the run; only the fields given are compared. */
export interface Expectation {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'INVALID';
  readonly output?: unknown;
  readonly error?: string;
  /** The exact cause, or a pattern for causes that hold something random. */
  readonly cause?: string | RegExp;
  /** Types of the history events, in order. */
  readonly history?: readonly string[];
}

/** One rule of the language and a run that shows it; everything here was fixed before it was run. */
export interface Row {
  readonly rule: string;
  readonly link: string;
  /** The states; the first is where it starts, unless `definition` says more. */
  readonly states?: Readonly<Record<string, unknown>>;
  /** The whole definition, where the states alone are not enough. */
  readonly definition?: unknown;
  readonly input?: unknown;
  readonly mocks?: Mocks;
  readonly expect: Expectation;
}

const docs = 'https://docs.aws.amazon.com/step-functions/latest/dg';

/** Where the rules stand. */
export const links = {
  language: 'https://states-language.net/',
  jsonata: `${docs}/transforming-data.html`,
  variables: `${docs}/workflow-variables.html`,
  errors: `${docs}/concepts-error-handling.html`,
  context: `${docs}/input-output-contextobject.html`,
  quotas: `${docs}/service-quotas.html`,
  pass: `${docs}/state-pass.html`,
  task: `${docs}/state-task.html`,
  choice: `${docs}/state-choice.html`,
  wait: `${docs}/state-wait.html`,
  succeed: `${docs}/state-succeed.html`,
  fail: `${docs}/state-fail.html`,
  parallel: `${docs}/state-parallel.html`,
  map: `${docs}/state-map-inline.html`,
  structure: `${docs}/statemachine-structure.html`,
  functions: `${docs}/transforming-data.html#jsonata-functions-provided-by-sfn`,
  lambda: `${docs}/connect-lambda.html`,
  callback: `${docs}/connect-to-resource.html#connect-wait-token`,
  measured:
    'https://github.com/floci-io/floci/tree/main/src/test/java/io/github/hectorvent/floci/services/stepfunctions',
  recorded: 'https://github.com/localstack/localstack/tree/main/tests/aws/services/stepfunctions/v2',
} as const;

/** The definition of a row. */
export function definitionOf(row: Row): unknown {
  if (row.definition !== undefined) return row.definition;
  const states = row.states ?? {};
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states };
}
