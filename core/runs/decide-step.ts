import * as z from 'zod';
import { Json } from '../contract/json.ts';
import type { DecideRequest } from '../contract/messages.ts';
import { RunError } from '../contract/workflow.ts';
import { AppError } from '../errors/app-error.ts';
import type { ModeDecision } from '../modes/mode-rules.ts';
import { rulesOf } from '../modes/rules-of.ts';
import type { Services } from '../services.ts';
import { failedEnding } from './deadline.ts';
import { endRun } from './end-run.ts';
import { endChildrenOf } from './end-term.ts';
import { withFailedTask } from './failed-task.ts';
import { noteOnce, readNote, resultNote } from './notes.ts';
import { isLive, type Run, readRun } from './run.ts';
import { readWorkflow } from './workflow-store.ts';

/** A decision as it is kept: the first one stands, whatever a repeat would find. */
const Decided = z.looseObject({
  answer: z.looseObject({ decision: z.string() }),
  run: z.enum(['continue', 'succeed', 'fail']),
  error: RunError.optional(),
  result: Json.optional(),
  endedTerm: z.int().optional(),
});

/** The state machine's Choice for a run that is over already: it leads to the end. */
const stopped = { decision: 'stopped' };

const decideOnce = async (services: Services, run: Run, request: DecideRequest): Promise<z.infer<typeof Decided>> => {
  const name = `${request.step}#${String(request.position).padStart(4, '0')}`;
  const known = await readNote(services, run, name);
  if (known !== undefined) return Decided.parse(known);
  const { definition } = await readWorkflow(services, run.tenant, run.workflow, run.version);
  const rules = rulesOf(definition);
  if (rules.decide === undefined) throw new AppError('NOT_FOUND', `The mode ${definition.mode} decides nothing.`);
  const decision: ModeDecision = await rules.decide({ services, run }, request);
  return Decided.parse(await noteOnce(services, run, name, Json.parse(decision)));
};

/** A decision that can never be made (a template that names nothing usable) ends the run with the reason. */
const decideOrFail = async (services: Services, run: Run, request: DecideRequest): Promise<z.infer<typeof Decided>> => {
  try {
    return await decideOnce(services, run, request);
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    const reason = { code: error.code, message: error.message, retryable: false };
    return { answer: { decision: 'failed' }, run: 'fail', error: reason };
  }
};

/**
 * Decides between two stages, as a state machine asked: the mode's rule is applied once, its decision kept, and what
 * follows for the run brought about, again by every repeat. Returns what the state machine goes by: the mode's own word,
 * `failed` where the decision could not be made, `stopped` for a run that was cancelled meanwhile.
 *
 * @throws NotFoundError for a run that does not exist.
 */
export const decideStep = async (
  services: Services,
  request: DecideRequest,
): Promise<z.infer<typeof Decided>['answer']> => {
  const run = await readRun(services, request.tenant, request.runId);
  if (run.status !== 'SUCCEEDED' && run.status !== 'FAILED' && !isLive(run)) return stopped;
  const decided = await decideOrFail(services, run, request);
  // First the new term, which the decision noted, then what was done in the old one's name: nothing comes in between.
  if (decided.endedTerm !== undefined) await endChildrenOf(services, run, decided.endedTerm);
  if (decided.result !== undefined) await noteOnce(services, run, resultNote, decided.result);
  if (decided.run !== 'continue' && isLive(run)) {
    const error = decided.error === undefined ? undefined : await withFailedTask(services, run, decided.error);
    const failed = failedEnding(run, error, services.clock.now());
    await endRun(services, run, decided.run === 'succeed' ? { status: 'SUCCEEDED' } : failed);
  }
  return decided.answer;
};
