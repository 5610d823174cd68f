import * as z from 'zod';
import { EscalationRequest } from '../contract/escalation.ts';
import type { TaskId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { raiseEscalation } from '../escalations/raise-escalation.ts';
import type { Services } from '../services.ts';
import { equal, set, setAll } from '../table/conditions.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { Conflict } from './conflict.ts';
import { itemsOfDecision, itemsWithoutDecision } from './resolve.ts';

/** What people answer when none of the positions is to hold. */
const none = 'none';

const Answer = z.looseObject({ decision: z.string(), by: z.string() });

/** The escalation of a conflict; the same one however often it is asked for. */
const askPeople = (services: Services, conflict: Conflict): Promise<Task> => {
  const { report, reporter, conflictId, weighed, rationale, proposal } = conflict;
  const positions: Json = weighed.map(({ option, position, agents, strength }) => ({
    option,
    position,
    agents,
    strength,
  }));
  return raiseEscalation(
    services,
    { principal: reporter, idempotencyKey: `conflict:${conflictId}` },
    EscalationRequest.parse({
      severity: report.severity,
      issue: `Agents disagree on ${report.type}. ${rationale}`.slice(0, 4096),
      context: { conflictId, positions, ...(report.context === undefined ? {} : { context: report.context }) },
      attemptedResolutions: ['The positions were weighed by the rules.'],
      recommendedAction: `The strongest is ${weighed[0]?.option ?? none}: ${JSON.stringify(proposal)}`.slice(0, 4096),
      options: [...weighed.map(({ option }) => option), none],
    }),
    `conflict:${conflictId}`,
  );
};

interface Said {
  readonly event: string;
  readonly by: string;
}

/** What becomes of a conflict, and what its log says of that. */
interface Ending {
  readonly said: Said;
  readonly values: Pick<Conflict, 'status' | 'rationale' | 'actionItems'> &
    Partial<Pick<Conflict, 'decision' | 'proposal' | 'confidence'>>;
}

/** People were asked, and nothing holds. */
const undecided = ({ weighed, rationale }: Conflict, said: Said): Ending => ({
  said,
  values: {
    status: 'UNRESOLVED',
    rationale: `${rationale} No decision: ${said.event}.`,
    actionItems: [...itemsWithoutDecision(weighed)],
  },
});

/** What the end of an escalation makes of its conflict. */
const endingOf = (conflict: Conflict, task: Task): Ending => {
  const { weighed, rationale } = conflict;
  const answer = task.status === 'SUCCEEDED' ? Answer.safeParse(task.output).data : undefined;
  if (answer === undefined) return undecided(conflict, { by: 'nobody', event: `escalation ended ${task.status}` });
  const { by } = answer;
  const chosen = weighed.find(({ option }) => option === answer.decision);
  if (chosen === undefined) return undecided(conflict, { by, event: 'no position is to hold' });
  const values = {
    status: 'RESOLVED' as const,
    decision: chosen.position,
    proposal: chosen.position,
    confidence: chosen.strength,
    rationale: `${rationale} ${by} chose ${chosen.option}.`,
    actionItems: [...itemsOfDecision(weighed, chosen)],
  };
  return { said: { by, event: `${chosen.option} was chosen` }, values };
};

/** One that is forgotten, or decided, meanwhile stays so. */
const change = async (
  services: Services,
  conflict: Conflict,
  values: Readonly<Record<string, unknown>>,
  said: Said,
): Promise<Conflict> => {
  const written = await services.table.update({
    key: keys.conflict(conflict.tenant, conflict.conflictId),
    set: [...setAll(values), set('log', [...conflict.log, { at: services.clock.now(), ...said }])],
    clauses: { isOpen: equal('status', 'ESCALATED') },
  });
  return Conflict.parse(written.item ?? conflict);
};

/**
 * Notes that people are asked; who notes it a second time notes the same.
 *
 * ```
 * reporter   asks ─┬──────────────────────────────────── notes it   ✘ isOpen → it is decided already
 * reader     asks ─┴─ notes it ─ (people answer) ─ notes the decision
 * ```
 */
const noteAsked = (services: Services, conflict: Conflict, escalationId: TaskId): Promise<Conflict> =>
  change(services, conflict, { escalationId }, { event: 'put before people', by: 'rules' });

/**
 * Brings a conflict that people decide as far as it can come: asks them, where a crash came between, and takes what they
 * answered. Repeating it changes nothing more.
 */
export const settleConflict = async (services: Services, conflict: Conflict): Promise<Conflict> => {
  if (conflict.status !== 'ESCALATED') return conflict;
  const { tenant, escalationId } = conflict;
  if (escalationId === undefined) {
    const asked = await askPeople(services, conflict);
    return noteAsked(services, conflict, asked.taskId);
  }
  const found = readTask(await services.table.get(keys.task(tenant, escalationId), { consistent: true }));
  if (found.kind === 'task' && !isTerminal(found.task.status)) return conflict;
  const { said, values } =
    found.kind === 'task'
      ? endingOf(conflict, found.task)
      : undecided(conflict, { by: 'nobody', event: 'the escalation is forgotten' });
  // Whoever else reads it writes down the same: an escalation ends once.
  return change(services, conflict, { ...values, decidedBy: said.by }, said);
};
