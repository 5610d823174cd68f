import { type Json, jsonBytes } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import type { WorkflowDefinition } from '../contract/workflow.ts';
import { malformedIn, pathsIn, sayMalformed, type TemplatePath, wholePath } from '../coordination/template.ts';
import { AppError } from '../errors/app-error.ts';
import { PayloadTooLargeError } from '../errors/errors.ts';
import type { ModeRules } from './mode-rules.ts';
import { isList } from './output-of-stage.ts';
import { rulesOf } from './rules-of.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';

/** A definition that says something impossible. `field` names where. */
export class InvalidDefinitionError extends AppError {
  override readonly name = 'InvalidDefinitionError';
  constructor(field: string, message: string) {
    super('INVALID_DEFINITION', message, { field });
  }
}

const plainRoots: readonly string[] = ['input', 'run'];
const itemRoots: readonly string[] = ['item', 'index'];

/** What a step's template may name beside what every template may. */
const ownRoots = ({ forEach, given = {}, names = [] }: StageStep): readonly string[] => [
  ...(forEach === undefined ? [] : itemRoots),
  ...names,
  ...Object.keys(given),
];

const checkPath = (
  path: TemplatePath,
  field: string,
  known: ReadonlyMap<string, StageStep>,
  own: readonly string[],
): void => {
  const [root = '', step = '', part = ''] = path;
  const text = path.join('.');
  if (plainRoots.includes(root) || own.includes(root)) return;
  if (root !== 'steps')
    throw new InvalidDefinitionError(
      field,
      `"{{ ${text} }}" must begin with ${[...plainRoots, ...own].join(', ')} or steps.<id>.`,
    );
  const earlier = known.get(step);
  if (earlier === undefined)
    throw new InvalidDefinitionError(field, `"{{ ${text} }}" names the step "${step}", which does not run before.`);
  const expected = isList(earlier) ? 'outputs' : 'output';
  if (part !== expected)
    throw new InvalidDefinitionError(field, `"{{ ${text} }}" must go on with steps.${step}.${expected}.`);
};

/** A template that a run would hand over as it is written helps nobody. */
const checkForm = (template: Json, field: string): void => {
  const found = malformedIn(template);
  if (found !== undefined) throw new InvalidDefinitionError(field, sayMalformed(found));
};

const checkStep = (step: StageStep, field: string, known: ReadonlyMap<string, StageStep>): void => {
  if (step.forEach !== undefined) {
    const path = wholePath(step.forEach);
    if (path === undefined)
      throw new InvalidDefinitionError(`${field}.forEach`, 'forEach must be one "{{ path }}" that names a list.');
    checkPath(path, `${field}.forEach`, known, []);
  }
  const inputField = step.inputField ?? `${field}.input`;
  checkForm(step.input, inputField);
  for (const path of pathsIn(step.input)) checkPath(path, inputField, known, ownRoots(step));
};

/** Before the steps are put in order, which takes two of one name for one. */
const checkUnique = (names: readonly string[]): void => {
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined) throw new InvalidDefinitionError(`steps.${twice}`, `Two steps are called "${twice}".`);
};

/** A stage among others has a name too; one that is the whole workflow has the workflow's, which is none of a step's concern. */
const checkNames = (stage: StageSpec, taken: Set<string>, isOnly: boolean): void => {
  const stepIds = stage.steps.map((step) => step.id);
  const isStep = stepIds.includes(stage.id) && stepIds.length === 1;
  const names = isOnly || isStep ? stepIds : [stage.id, ...stepIds];
  for (const name of names) {
    if (taken.has(name)) throw new InvalidDefinitionError(`steps.${name}`, `Two steps are called "${name}".`);
    taken.add(name);
  }
};

const checkThreshold = ({ completion, steps }: StageSpec, field: string): void => {
  const isKnownSize = !steps.some(isList);
  if (
    typeof completion === 'object' &&
    'threshold' in completion &&
    isKnownSize &&
    completion.threshold > steps.length
  ) {
    throw new InvalidDefinitionError(
      field,
      `The threshold ${completion.threshold} is above the ${steps.length} tasks there are.`,
    );
  }
};

/** What a step may name: what earlier stages have, and in a dataflow what it depends on, however far. */
const knownTo = (
  step: StageStep,
  stage: StageSpec,
  earlier: ReadonlyMap<string, StageStep>,
): ReadonlyMap<string, StageStep> => {
  if (stage.isDataflow !== true) return earlier;
  const known = new Map(earlier);
  const byId = new Map(stage.steps.map((node) => [node.id, node]));
  const front = [...(step.dependsOn ?? [])];
  for (let id = front.pop(); id !== undefined; id = front.pop()) {
    const node = byId.get(id);
    if (node === undefined || known.has(id)) continue;
    known.set(id, node);
    front.push(...(node.dependsOn ?? []));
  }
  return known;
};

/** Whether a mode makes something of what its tasks did, which a template may then name. */
const makesResult = (rules: ModeRules): boolean =>
  rules.decide !== undefined || rules.conclude !== undefined || rules.handOn !== undefined;

const checkOutput = (output: Json, rules: ModeRules, known: ReadonlyMap<string, StageStep>): void => {
  checkForm(output, 'output');
  const own = makesResult(rules) ? ['result'] : [];
  for (const path of pathsIn(output)) checkPath(path, 'output', known, own);
};

/**
 * Checks what the schema cannot: unique ids, dependencies without a cycle, templates that are some and name what exists by then.
 *
 * @throws InvalidDefinitionError with the field, CycleError naming the cycle, PayloadTooLargeError above 256 KB.
 */
export const checkDefinition = (definition: WorkflowDefinition): void => {
  const bytes = jsonBytes(definition);
  if (bytes > limits.definitionBytes) throw new PayloadTooLargeError('definition', bytes, limits.definitionBytes);
  if (definition.mode === 'sequential') checkUnique(definition.steps.map(({ id }) => id));
  if (definition.mode === 'dag') checkUnique(definition.nodes.map(({ id }) => id));
  const known = new Map<string, StageStep>();
  const taken = new Set<string>();
  const rules = rulesOf(definition);
  for (const stage of rules.outline) {
    checkNames(stage, taken, rules.outline.length === 1);
    checkThreshold(stage, definition.mode === 'parallel' ? 'completion' : `steps.${stage.id}.completion`);
    for (const step of stage.steps) checkStep(step, `steps.${step.id}`, knownTo(step, stage, known));
    for (const step of stage.isSketch === true ? [] : stage.steps) known.set(step.id, step);
  }
  checkOutput(definition.output ?? null, rules, known);
};
