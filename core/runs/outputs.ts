import type { Json } from '../contract/json.ts';
import { fillTemplate, pathsIn } from '../coordination/template.ts';
import { openPayload } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import type { Stage } from '../stages/stage.ts';
import type { Task } from '../tasks/task.ts';
import { readMembers, readStages } from './members.ts';
import { readNote, resultNote } from './notes.ts';
import type { Run } from './run.ts';

const outputOf = async (services: Services, task: Task | undefined): Promise<Json> =>
  task?.status === 'SUCCEEDED' ? openPayload(services, task.tenant, task.output ?? null) : null;

/** A step that several stages have (a round, a term) is meant as it was last. */
const stepScope = async (services: Services, run: Run, stages: readonly Stage[], step: string): Promise<Json> => {
  const found = stages.findLast(({ parts }) => parts.some((part) => part.step === step));
  const part = found?.parts.find((candidate) => candidate.step === step);
  if (found === undefined || part === undefined) return { output: null, outputs: [] };
  const members = await readMembers(services, run, found.position, part);
  const outputs = await Promise.all(members.map((task) => outputOf(services, task)));
  return part.isList ? { outputs } : { output: outputs[0] ?? null };
};

/**
 * What templates may name: the run's input and id, the outputs of the steps that `templates` mention, and what a mode
 * decided. Only what is mentioned is read; a failed step's output is null.
 */
export const templateScope = async (
  services: Services,
  run: Run,
  templates: readonly Json[],
): Promise<Record<string, Json>> => {
  const paths = templates.flatMap(pathsIn);
  const names = (wanted: string): boolean => paths.some(([root]) => root === wanted);
  const steps: Record<string, Json> = {};
  if (names('steps')) {
    const stages = await readStages(services, run);
    const wanted = new Set(paths.filter(([root]) => root === 'steps').map(([, step]) => step ?? ''));
    for (const step of wanted) steps[step] = await stepScope(services, run, stages, step);
  }
  return {
    input: names('input') ? await openPayload(services, run.tenant, run.input) : null,
    steps,
    run: { id: run.runId, workflow: run.workflow, version: run.version },
    ...(names('result') ? { result: (await readNote(services, run, resultNote)) ?? null } : {}),
  };
};

/** A template of the run's output, filled. */
export const runOutput = async (services: Services, run: Run, template: Json): Promise<Json> =>
  fillTemplate(template, await templateScope(services, run, [template]));
