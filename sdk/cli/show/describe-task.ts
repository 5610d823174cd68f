import type { AttemptView, TaskView } from '../../../core/contract/task.ts';
import type { Cli } from '../cli.ts';
import { dollars, duration, instant, jsonText } from '../format.ts';

const attemptLine = ({ attempt, agentName, agentId, outcome, startedAt, endedAt, error }: AttemptView): string => {
  const took = startedAt === undefined || endedAt === undefined ? '' : ` after ${duration(endedAt - startedAt)}`;
  return `  ${attempt}. ${agentName ?? agentId}: ${outcome}${took}${error === undefined ? '' : `, ${error.code}: ${error.message}`}`;
};

const usageOf = ({ usage }: TaskView): string | undefined => {
  if (usage === undefined) return undefined;
  const { model, inputTokens, outputTokens, costUsd } = usage;
  return [
    model,
    inputTokens === undefined ? undefined : `${inputTokens} tokens in`,
    outputTokens === undefined ? undefined : `${outputTokens} out`,
    costUsd === undefined ? undefined : dollars(costUsd),
  ]
    .filter((part) => part !== undefined)
    .join(', ');
};

const between = (from: number | undefined, to: number | undefined): string | undefined =>
  from === undefined || to === undefined ? undefined : duration(to - from);

const factsOf = (task: TaskView, { output: { paint }, surroundings }: Cli): string => {
  const now = surroundings.timers.now();
  const { progress } = task;
  const percent = progress?.percent === undefined ? '' : `${progress.percent} % `;
  return paint.facts([
    ['task', { text: task.taskId, look: 'bold' }],
    ['type', task.kind === 'work' ? task.type : `${task.type} (${task.kind})`],
    ['status', paint.status(task.status)],
    ['why', task.unrunnable],
    ['progress', progress === undefined ? undefined : `${percent}${progress.message ?? ''}`],
    ['agent', task.agentName ?? task.agentId],
    ['attempt', `${task.attempt} of ${task.maxAttempts}`],
    ['run', task.runId],
    ['step', task.step],
    ['priority', task.priority],
    ['created', instant(task.createdAt)],
    ['deadline', task.endedAt === undefined ? instant(task.deadlineAt) : undefined],
    ['waited', between(task.createdAt, task.assignedAt ?? task.endedAt ?? now)],
    ['took', between(task.startedAt, task.endedAt ?? now)],
    ['usage', usageOf(task)],
    ['repeats', task.retryOf],
    ['repeated as', task.retriedAs],
  ]);
};

/** A task for people: what is known, then its input and what came of it. */
export const describeTask = (task: TaskView, cli: Cli): string => {
  const { paint } = cli.output;
  const { error, input, output } = task;
  const failed = (task.attempts ?? []).filter(({ outcome }) => outcome !== task.status).map(attemptLine);
  return [
    factsOf(task, cli),
    ...(error === undefined ? [] : [`${paint.as('red', 'error')}  ${paint.cell(`${error.code}: ${error.message}`)}`]),
    ...(failed.length === 0 ? [] : [paint.as('dim', 'attempts'), ...failed.map((line) => paint.cell(line))]),
    paint.as('dim', 'input'),
    jsonText(input, 2),
    ...(output === undefined ? [] : [paint.as('dim', 'output'), jsonText(output, 2)]),
  ].join('\n');
};
