import type { AgentId } from '#core/contract/ids.ts';
import type { AssignedTask } from '#core/contract/task.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Chance } from './chance.ts';
import type { Signature } from './judge-task.ts';
import { modes } from './modes/modes.ts';

/** What an agent tends to do with work. */
export interface Temper {
  readonly workMs: readonly [number, number];
  readonly failing: number;
  readonly rejecting: number;
  readonly handing: number;
}

export const honest: Temper = { workMs: [50, 4000], failing: 0, rejecting: 0, handing: 0.05 };

/** Who is asked: one after the other, the first one again; nobody's answer expires, or is the safe one. */
const calm = {
  contacts: [
    { name: 'first', answerWithinSeconds: 40, remindAfterSeconds: 15 },
    { name: 'second', answerWithinSeconds: 30 },
  ],
};
const safe = { ...calm, defaultDecision: 'declined' };

/** Who speaks. */
interface Speaker {
  readonly name: string;
  readonly agentId: AgentId;
  readonly principal: Principal;
  readonly chance: Chance;
  readonly temper: Temper;
  readonly cannot: readonly string[];
}

/** What an agent says of a task at last. */
export interface FinalWord {
  readonly type: 'task.result' | 'task.fail' | 'task.reject' | 'task.wait' | 'task.handoff';
  readonly payload: unknown;
}

/** What is asked of others, or of people, for the sake of a task. */
export const questionAbout = (taskId: string, { principal, chance }: Pick<Speaker, 'principal' | 'chance'>) => {
  // Of the shortest nobody hears in time.
  const timeoutSeconds = chance.pick([10, 120]);
  const about = { taskId, purpose: 'a second look', timeoutSeconds };
  return chance.pick([
    { type: 'collaboration.request', payload: { ...about, capability: 'code' } },
    { type: 'collaboration.request', payload: { ...about, agent: `${principal.tenant}-a0` } },
    { type: 'resource.request', payload: { ...about, resource: 'gpu', amount: 1 } },
    { type: 'resource.request', payload: { ...about, resource: 'gpu', amount: 1, capability: 'review' } },
    {
      type: 'escalation.raise',
      payload: {
        taskId,
        severity: 'high',
        issue: 'unsure',
        timeoutSeconds,
        chain: chance.pick([calm, safe]),
      },
    },
  ] as const);
};

/** What an agent makes of a task. */
export const finalWord = (task: AssignedTask, attempt: number, speaker: Speaker): FinalWord => {
  const { name, agentId, principal, chance, temper, cannot } = speaker;
  const { taskId } = task;
  if (cannot.includes(task.type)) return { type: 'task.reject', payload: { taskId, attempt, code: 'no_handler' } };
  if (chance.happens(temper.rejecting)) return { type: 'task.reject', payload: { taskId, attempt, reason: 'not now' } };
  // The first can do everything: whoever else gives a task away finds somebody who goes on.
  const isFirst = name.endsWith('-a0');
  if (!isFirst && chance.happens(task.handoff === undefined ? temper.handing : 0.3)) {
    const to = chance.pick([
      { toCapability: 'code' },
      { toCapability: 'review' },
      { toAgent: `${principal.tenant}-a0` },
      // Who is only planned: never there, so that after a while somebody else goes on.
      { toAgent: `${principal.tenant}-later` },
      {},
    ]);
    const said = { reason: 'needs_specialist', workState: { by: name }, context: { attempt } };
    return { type: 'task.handoff', payload: { taskId, attempt, ...to, ...said } };
  }
  const failing = task.type === 'brittle' ? 0.5 : temper.failing;
  if (chance.happens(failing)) {
    const error = {
      code: 'BROKEN',
      message: 'it broke',
      retryable: chance.happens(0.7),
      failureType: chance.pick(['timeout', 'crash', 'resource_exhaustion', 'network_failure'] as const),
    };
    return { type: 'task.fail', payload: { taskId, attempt, error } };
  }
  const words = modes.map((plot) => plot.outputOf?.(task, chance)).find((said) => said !== undefined);
  const output: Signature = { ...words, by: agentId, taskId, attempt };
  return { type: 'task.result', payload: { taskId, attempt, output, usage: { costUsd: 0.01 } } };
};
