import { type Cloud, startCloud } from '#test/deploy/cloud.ts';
import { expectedFailures } from '#test/deploy/expected-failures.ts';
import { functionTroubles } from '#test/deploy/function-logs.ts';
import { judge, type Outcome } from '#test/deploy/judge.ts';
import { findPythonTools } from '#test/deploy/python-tools.ts';
import { type Check, type Step, steps } from '#test/deploy/steps.ts';
import { readOptions } from './parameters.ts';

const usage = `Deploys the stack with the CDK into an AWS of its own (MiniStack), drives it and destroys it.

Usage: npm run test:deploy -- [--require]

  --require  fail instead of skipping where the tools cannot be had

MiniStack and cfn-lint come from the Python registry, in the versions of test/deploy/requirements.txt, or from the folder
that MINISTACK_DIR names (filled by pip install --target).
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const runStep = async (step: Step, check: Check): Promise<Outcome> => {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  try {
    await step.run(check);
    return { step, seconds: seconds() };
  } catch (error) {
    return { step, seconds: seconds(), error: messageOf(error) };
  }
};

/** Tells at once what is known of a failure: later steps fail for want of this one, and at the end the logs are gone. */
const explain = async (step: Step, error: string, cloud: Cloud): Promise<void> => {
  say(`✘ ${step.title}: ${error}`);
  for (const line of (await functionTroubles(cloud)).slice(-5)) say(`  ${line}`);
};

/** Runs every step; after a required one failed the later ones have nothing to stand on. */
const runSteps = async (check: Check): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    say(`… ${step.title}`);
    const outcome = await runStep(step, check);
    outcomes.push(outcome);
    const isUnexpected = !expectedFailures.some((one) => one.step === step.id);
    if (outcome.error !== undefined && isUnexpected) await explain(step, outcome.error, check.cloud);
  }
  return outcomes;
};

const runCheck = async (cloud: Cloud, check: Check): Promise<number> => {
  try {
    const verdict = judge(steps, await runSteps(check), expectedFailures);
    say('');
    for (const line of verdict.lines) say(line);
    if (verdict.failed > 0) say(`\nThe cloud's last words:\n${cloud.logTail()}`);
    say(`deploy: ${verdict.passed} passed, ${verdict.failed} failed, ${verdict.skipped} skipped`);
    return verdict.failed > 0 ? 1 : 0;
  } finally {
    await Promise.allSettled(check.agents.map((agent) => agent.stop()));
    await cloud.stop();
  }
};

const main = async (): Promise<number> => {
  const values = readOptions(usage, { require: { type: 'boolean' } } as const);
  const tools = findPythonTools(say);
  if ('reason' in tools) {
    say(`The deploy check cannot run here: ${tools.reason}.`);
    const isFailure = values.require === true;
    say(`deploy: 0 passed, ${isFailure ? 1 : 0} failed, ${isFailure ? 0 : steps.length} skipped`);
    return isFailure ? 1 : 0;
  }
  const cloud = await startCloud(tools);
  const end = (): void => void cloud.stop().then(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  process.once('disconnect', end);
  return runCheck(cloud, { cloud, tools, agents: [] });
};

process.exit(await main());
