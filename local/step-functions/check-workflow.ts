import { checkState } from './check-state.ts';
import { childWorkflows, type State, type Workflow } from './definition.ts';
import type { DefinitionProblem } from './invalid-definition.ts';

function targets(state: State): { readonly target: string; readonly path: string }[] {
  const found: { target: string; path: string }[] = [];
  const add = (target: string | undefined, path: string): void => {
    if (target !== undefined) found.push({ target, path });
  };
  if (state.Type === 'Choice') {
    state.Choices.forEach((rule, index) => add(rule.Next, `/Choices[${index}]/Next`));
    add(state.Default, '/Default');
  }
  if ('Next' in state) add(state.Next, '/Next');
  if ('Catch' in state) state.Catch?.forEach((catcher, index) => add(catcher.Next, `/Catch[${index}]/Next`));
  return found;
}

function checkTargets(workflow: Workflow, path: string): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  if (!Object.hasOwn(workflow.States, workflow.StartAt)) {
    const message = `Missing 'Next' target: ${workflow.StartAt}`;
    problems.push({ code: 'MISSING_TRANSITION_TARGET', message, path: `${path}/StartAt` });
  }
  for (const [name, state] of Object.entries(workflow.States)) {
    for (const { target, path: field } of targets(state)) {
      if (Object.hasOwn(workflow.States, target)) continue;
      const message = `Missing 'Next' target: ${target}`;
      problems.push({ code: 'MISSING_TRANSITION_TARGET', message, path: `${path}/States/${name}${field}` });
    }
  }
  return problems;
}

function reachable(workflow: Workflow): Set<string> {
  const seen = new Set<string>();
  const open = [workflow.StartAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = Object.hasOwn(workflow.States, name) ? workflow.States[name] : undefined;
    if (!state || seen.has(name)) continue;
    seen.add(name);
    open.push(...targets(state).map(({ target }) => target));
  }
  return seen;
}

function assignments(state: State): { readonly names: readonly string[]; readonly path: string }[] {
  const found: { names: string[]; path: string }[] = [];
  const add = (assign: Readonly<Record<string, unknown>> | undefined, path: string): void => {
    if (assign) found.push({ names: Object.keys(assign), path });
  };
  if ('Assign' in state) add(state.Assign, '/Assign');
  if (state.Type === 'Choice') state.Choices.forEach((rule, index) => add(rule.Assign, `/Choices[${index}]/Assign`));
  if ('Catch' in state) state.Catch?.forEach((catcher, index) => add(catcher.Assign, `/Catch[${index}]/Assign`));
  return found;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html#variable-naming */
function variableProblem(variable: string, outer: ReadonlySet<string>): string | undefined {
  if (variable === 'states') return "The variable name 'states' is reserved";
  if (!/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u.test(variable)) {
    return `Invalid variable name '${variable}': use letters, digits and underscores, at most 80, not starting with a digit`;
  }
  if (outer.has(variable)) return `Variable '${variable}' belongs to an outer scope and cannot be assigned here`;
  return undefined;
}

function checkVariables(
  assignment: { readonly names: readonly string[]; readonly path: string },
  statePath: string,
  outer: ReadonlySet<string>,
): DefinitionProblem[] {
  return assignment.names.flatMap((variable) => {
    const message = variableProblem(variable, outer);
    const path = `${statePath}${assignment.path}/${variable}`;
    return message === undefined ? [] : [{ code: 'INVALID_VARIABLE', message, path }];
  });
}

interface Scope {
  readonly path: string;
  readonly outerVariables: ReadonlySet<string>;
  readonly names: Set<string>;
}

/** Whether the workflow can end, which is asked of the whole state machine only. */
function hasEnd(workflow: Workflow, scope: Scope): boolean {
  const isTerminal = (state: State): boolean =>
    state.Type === 'Succeed' || state.Type === 'Fail' || ('End' in state && state.End === true);
  return scope.path !== '' || Object.values(workflow.States).some(isTerminal);
}

function checkStates(workflow: Workflow, scope: Scope): DefinitionProblem[] {
  const isEnding = hasEnd(workflow, scope);
  const problems: DefinitionProblem[] = isEnding
    ? []
    : [{ code: 'MISSING_END_STATE', message: 'Workflow has no terminal state', path: null }];
  const seen = isEnding ? reachable(workflow) : new Set(Object.keys(workflow.States));
  for (const [name, state] of Object.entries(workflow.States)) {
    const path = `${scope.path}/States/${name}`;
    if (scope.names.has(name)) {
      const message = `State name '${name}' is used twice; names are unique in the whole state machine`;
      problems.push({ code: 'DUPLICATE_STATE_NAME', message, path });
    }
    scope.names.add(name);
    if (!seen.has(name)) {
      problems.push({ code: 'MISSING_TRANSITION_TARGET', message: `State "${name}" is not reachable.`, path });
    }
    problems.push(...checkState(state, path));
    problems.push(
      ...assignments(state).flatMap((assignment) => checkVariables(assignment, path, scope.outerVariables)),
    );
  }
  return problems;
}

function checkScope(workflow: Workflow, scope: Scope): DefinitionProblem[] {
  const problems = [...checkTargets(workflow, scope.path), ...checkStates(workflow, scope)];
  const own = Object.values(workflow.States).flatMap((state) => assignments(state).flatMap(({ names }) => names));
  const outerVariables = new Set([...scope.outerVariables, ...own]);
  for (const [name, state] of Object.entries(workflow.States)) {
    for (const child of childWorkflows(state)) {
      const path = `${scope.path}/States/${name}${child.path}`;
      problems.push(...checkScope(child.workflow, { path, outerVariables, names: scope.names }));
    }
  }
  return problems;
}

/** Transitions, reachability, unique names, variable names and scopes, and each state's own rules. */
export function checkWorkflow(workflow: Workflow): DefinitionProblem[] {
  return checkScope(workflow, { path: '', outerVariables: new Set(), names: new Set() });
}
