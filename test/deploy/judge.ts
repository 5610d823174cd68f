/** One step of the check. */
export interface StepName {
  readonly id: string;
  /** The rule that it shows, in the present tense. */
  readonly title: string;
  /** A step without which the check says nothing: it may not be expected to fail. */
  readonly isRequired: boolean;
}

/** A step that the other implementation cannot pass, and why that is no fault of the stack. */
export interface ExpectedFailure {
  readonly step: string;
  readonly reason: string;
}

/** What became of a step: no error means that it passed. */
export interface Outcome {
  readonly step: StepName;
  readonly error?: string;
  readonly seconds: number;
}

export interface Verdict {
  readonly passed: number;
  readonly failed: number;
  /** Expected failures: nothing was shown there. */
  readonly skipped: number;
  readonly lines: readonly string[];
}

/** Entries of the list that must not be there, whatever the steps do. */
const misplaced = (steps: readonly StepName[], expected: readonly ExpectedFailure[]): readonly string[] =>
  expected.flatMap(({ step, reason }) => {
    const found = steps.find(({ id }) => id === step);
    if (found === undefined) return [`✘ ${step} is expected to fail, but there is no such step`];
    if (found.isRequired) return [`✘ ${step} must pass and may not be expected to fail`];
    return reason.trim().length < 20 ? [`✘ ${step} is expected to fail without a reason`] : [];
  });

const judgeOne = (
  { step, error, seconds }: Outcome,
  expectation: ExpectedFailure | undefined,
): [string, keyof Verdict] => {
  const title = `${step.title} (${seconds.toFixed(1)} s)`;
  if (expectation === undefined)
    return error === undefined ? [`✔ ${title}`, 'passed'] : [`✘ ${title}: ${error}`, 'failed'];
  if (error !== undefined) return [`– ${title}: not there. ${expectation.reason}`, 'skipped'];
  return [`✘ ${title}: passes now; take it off the list of expected failures`, 'failed'];
};

/** Strict both ways: a step that fails unexpectedly fails the check, and so does an expected failure that passes. */
export const judge = (
  steps: readonly StepName[],
  outcomes: readonly Outcome[],
  expected: readonly ExpectedFailure[],
): Verdict => {
  const wrongEntries = misplaced(steps, expected);
  const judged = outcomes.map((outcome) =>
    judgeOne(
      outcome,
      expected.find(({ step }) => step === outcome.step.id),
    ),
  );
  const count = (kind: keyof Verdict): number => judged.filter(([, one]) => one === kind).length;
  return {
    passed: count('passed'),
    failed: count('failed') + wrongEntries.length,
    skipped: count('skipped'),
    lines: [...judged.map(([line]) => line), ...wrongEntries],
  };
};
