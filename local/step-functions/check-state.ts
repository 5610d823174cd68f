import type { Catcher, Retrier, State, TaskState } from './definition.ts';
import type { DefinitionProblem } from './invalid-definition.ts';
import { parseResource, supportedResources } from './resources.ts';

const schema = (message: string, path: string): DefinitionProblem => ({
  code: 'SCHEMA_VALIDATION_FAILED',
  message,
  path,
});

function checkErrorEquals(rules: readonly (Retrier | Catcher)[], path: string): DefinitionProblem[] {
  return rules.flatMap((rule, index) => {
    const at = `${path}[${index}]/ErrorEquals`;
    const namesAll = rule.ErrorEquals.includes('States.ALL');
    if (namesAll && rule.ErrorEquals.length > 1) return [schema('States.ALL must appear alone', at)];
    if (namesAll && index < rules.length - 1) return [schema('States.ALL must be in the last rule', at)];
    return [];
  });
}

function checkRetriers(retriers: readonly Retrier[], path: string): DefinitionProblem[] {
  return retriers.flatMap((retrier, index) => {
    const interval = retrier.IntervalSeconds ?? 1;
    const isTooSmall = retrier.MaxDelaySeconds !== undefined && retrier.MaxDelaySeconds <= interval;
    return isTooSmall
      ? [schema('MaxDelaySeconds must be greater than IntervalSeconds', `${path}[${index}]/MaxDelaySeconds`)]
      : [];
  });
}

function checkTask(state: TaskState, path: string): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  if (!parseResource(state.Resource)) {
    const message = `The resource '${state.Resource}' is not supported; supported: a Lambda function ARN, ${supportedResources()}`;
    problems.push(schema(message, `${path}/Resource`));
  }
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    problems.push(schema('HeartbeatSeconds must be smaller than TimeoutSeconds', `${path}/HeartbeatSeconds`));
  }
  return problems;
}

function checkTransition(state: State, path: string): DefinitionProblem[] {
  if (!('Next' in state || 'End' in state)) {
    const isTerminal = state.Type === 'Succeed' || state.Type === 'Fail' || state.Type === 'Choice';
    return isTerminal ? [] : [schema("Exactly one of 'Next' and 'End' is required", path)];
  }
  const isBoth = state.Next !== undefined && state.End !== undefined;
  const isNeither = state.Next === undefined && state.End === undefined;
  return isBoth || isNeither ? [schema("Exactly one of 'Next' and 'End' is required", path)] : [];
}

/** The rules of one state that its schema cannot say. */
export function checkState(state: State, path: string): DefinitionProblem[] {
  const problems = checkTransition(state, path);
  if (state.Type === 'Task') problems.push(...checkTask(state, path));
  if (state.Type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) {
    problems.push(schema("Exactly one of 'Seconds' and 'Timestamp' is required", path));
  }
  if ('Retry' in state && state.Retry) {
    problems.push(...checkErrorEquals(state.Retry, `${path}/Retry`), ...checkRetriers(state.Retry, `${path}/Retry`));
  }
  if ('Catch' in state && state.Catch) problems.push(...checkErrorEquals(state.Catch, `${path}/Catch`));
  return problems;
}
