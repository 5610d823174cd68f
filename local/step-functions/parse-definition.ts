import { checkExpressions } from './check-expressions.ts';
import { checkWorkflow } from './check-workflow.ts';
import { childWorkflows, Definition, isExpression, type State, type Workflow } from './definition.ts';
import { describeIssues, onlyFor } from './describe-issue.ts';
import { type DefinitionProblem, invalidDefinition } from './invalid-definition.ts';
import { isRecord, parseJson } from './json.ts';

/** A definition that passed every check, with its states by name (names are unique in the whole state machine). */
export interface ParsedDefinition {
  readonly workflow: Workflow;
  readonly states: ReadonlyMap<string, State>;
  readonly timeoutSeconds: number | undefined;
}

const noJsonPath =
  "The query language JSONPath is not supported: set 'QueryLanguage' to 'JSONata' at the top of the definition";

/** Whether a state means the same in both languages: it has no data fields and nothing that looks like an expression. */
function isNeutral(state: State): boolean {
  const isSimple = state.Type === 'Pass' || state.Type === 'Succeed' || state.Type === 'Fail' || state.Type === 'Wait';
  const hasData = 'Output' in state || 'Assign' in state;
  return isSimple && !hasData && !Object.values(state).some(isExpression);
}

/** Fields that only JSONata has. */
const jsonataFields = ['Output', 'Arguments', 'Items'] as const;

function stateProblems(state: State, machine: string, path: string): DefinitionProblem[] {
  const language = state.QueryLanguage ?? machine;
  const schema = (message: string): DefinitionProblem => ({ code: 'SCHEMA_VALIDATION_FAILED', message, path });
  if (language === 'JSONata') return [];
  if (machine === 'JSONata') {
    return [schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")];
  }
  const foreign = jsonataFields.filter((field) => Object.hasOwn(state, field));
  if (foreign.length > 0) return foreign.map((field) => schema(onlyFor(field, 'JSONPath', 'JSONata')));
  return isNeutral(state) ? [] : [{ code: 'UNSUPPORTED_QUERY_LANGUAGE', message: noJsonPath, path }];
}

/** The state machine's language is every state's, at any depth, unless a state names its own; that is not its children's. */
function queryLanguageProblems(workflow: Workflow, machine: string, path: string): DefinitionProblem[] {
  return Object.entries(workflow.States).flatMap(([name, state]) => {
    const at = `${path}/States/${name}`;
    const children = childWorkflows(state).flatMap((child) =>
      queryLanguageProblems(child.workflow, machine, at + child.path),
    );
    return [...stateProblems(state, machine, at), ...children];
  });
}

function collectStates(workflow: Workflow, into: Map<string, State>): void {
  for (const [name, state] of Object.entries(workflow.States)) {
    into.set(name, state);
    for (const child of childWorkflows(state)) collectStates(child.workflow, into);
  }
}

function readDefinition(text: string): Definition {
  const json = parseJson(text);
  if (!json) throw invalidDefinition([{ code: 'INVALID_JSON_DESCRIPTION', message: 'Not valid JSON', path: null }]);
  if (isJsonPathDefinition(json.value)) {
    throw invalidDefinition([{ code: 'UNSUPPORTED_QUERY_LANGUAGE', message: noJsonPath, path: '/QueryLanguage' }]);
  }
  const parsed = Definition.safeParse(json.value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw invalidDefinition(describeIssues(parsed.error.issues));
}

/** A definition whose states are all JSONPath: it has states, and neither it nor any of them names JSONata. */
function isJsonPathDefinition(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value['States'])) return false;
  return value['QueryLanguage'] !== 'JSONata' && !JSON.stringify(value).includes('"QueryLanguage":"JSONata"');
}

/**
 * Reads and checks a definition as CreateStateMachine does.
 * @throws AwsError `InvalidDefinition` naming every problem and its path.
 */
export function parseDefinition(text: string): ParsedDefinition {
  const definition = readDefinition(text);
  const { TimeoutSeconds, QueryLanguage: language = 'JSONPath', Version: _version, ...workflow } = definition;
  const problems = [
    ...queryLanguageProblems(workflow, language, ''),
    ...checkWorkflow(workflow),
    ...checkExpressions(workflow),
  ];
  if (problems.length > 0) throw invalidDefinition(problems);
  const states = new Map<string, State>();
  collectStates(workflow, states);
  return { workflow, states, timeoutSeconds: TimeoutSeconds };
}
