import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { DecideRequest, HandOnRequest, StageMessage } from '#core/contract/messages.ts';
import { AwsError } from '#local/contract.ts';
import { createStepFunctions } from '#local/step-functions/create-step-functions.ts';
import { VirtualClock } from '#local/step-functions/virtual-clock.ts';

/** What becomes of one message of a stage. `silent`: the engine never answers its token. */
export type Answer =
  | { readonly outcome: 'SUCCEEDED' | 'FAILED' }
  | { readonly failsWith: string }
  | { readonly refusedWith: string }
  | 'silent';

export interface ModeRun {
  readonly status: string;
  readonly output: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** The decisions that were asked for, in order. */
  readonly decisions: DecideRequest[];
  /** The messages that reached the queue, in order. */
  readonly messages: { readonly queueUrl: unknown; readonly group: unknown; readonly body: StageMessage }[];
  /** The states entered, in order: what Step Functions bills. */
  readonly entered: string[];
  /** Events of its history. */
  readonly events: number;
  readonly elapsedSeconds: number;
  /** The longest input or output of any state, in bytes. */
  readonly largestDataBytes: number;
}

export const queueUrl = 'https://sqs.example/tasks';
const decideFunction = 'arn:aws:lambda:eu-central-1:000000000000:function:decide';

/** The text of a mode's definition as the stack substitutes it. */
export const definitionOf = (mode: string): string =>
  readFileSync(new URL(`../../statemachines/${mode}.asl.json`, import.meta.url), 'utf8');

/** What the engine answers a stage's token with; the summary is as large as it may be. */
const tokenOutput = (message: StageMessage, outcome: string) => ({
  stageId: `${message.runId}#${message.stage}`,
  outcome,
  counts: { total: 2, succeeded: outcome === 'SUCCEEDED' ? 2 : 1, failed: outcome === 'SUCCEEDED' ? 0 : 1 },
  summary: 'x'.repeat(4000),
});

/** What the function answers that decides between stages; or the error that it fails with. */
export type Decision = { readonly decision: string; readonly [more: string]: unknown } | { readonly throws: string };

/**
 * Runs a mode against a scripted engine, on virtual time. `answers` are used in order, one for each message sent, `decides`
 * one for each decision asked for.
 */
export async function runMode(
  mode: string,
  input: unknown,
  answers: readonly Answer[],
  decides: readonly Decision[] = [],
): Promise<ModeRun> {
  const start = Date.UTC(2026, 0, 1);
  const clock = new VirtualClock(start);
  const messages: ModeRun['messages'] = [];
  const decisions: ModeRun['decisions'] = [];
  let attempts = 0;
  /** What becomes of a request for a stage, whoever it is sent to. */
  const settle = (body: StageMessage, answer: Answer | undefined): void => {
    if (answer !== undefined && answer !== 'silent') clock.after(1000, () => void respond(body, answer));
  };
  const unhandled = (errorType: string) => ({
    StatusCode: 200,
    FunctionError: 'Unhandled',
    Payload: { errorType, errorMessage: 'no' },
  });
  /** A state that waits is handed on to: it is answered as a stage is. */
  const hand = ({ tenant, runId, position, taskToken }: HandOnRequest): Record<string, unknown> => {
    const answer = answers[attempts];
    attempts += 1;
    if (answer !== undefined && answer !== 'silent' && 'refusedWith' in answer) return unhandled(answer.refusedWith);
    settle({ kind: 'stage', tenant, runId, stage: position, taskToken }, answer);
    return { StatusCode: 200, Payload: { decision: 'handed_on' } };
  };
  const decide = (request: Record<string, unknown>): Record<string, unknown> => {
    const decision = decides[decisions.length];
    if (request['FunctionName'] !== decideFunction) throw new AwsError('AccessDenied', String(request['FunctionName']));
    const payload: unknown = JSON.parse(String(request['Payload']));
    decisions.push(DecideRequest.parse(payload));
    const waiting = HandOnRequest.safeParse(payload);
    if (waiting.success) return hand(waiting.data);
    if (decision === undefined) throw new Error('no more decisions are scripted');
    return 'throws' in decision ? unhandled(String(decision.throws)) : { StatusCode: 200, Payload: decision };
  };
  const service = createStepFunctions({
    databasePath: ':memory:',
    clock,
    region: 'eu-central-1',
    accountId: '000000000000',
    publish: async () => {},
    call: async ({ service: name, action, input: request }) => {
      if (name === 'lambda' && action === 'Invoke') return decide(request);
      if (name !== 'sqs' || action !== 'SendMessage') throw new AwsError('AccessDenied', `${name}:${action}`);
      const answer = answers[attempts];
      attempts += 1;
      if (answer !== undefined && answer !== 'silent' && 'refusedWith' in answer)
        throw new AwsError(answer.refusedWith, 'no');
      const body = StageMessage.parse(JSON.parse(String(request['MessageBody'])));
      messages.push({ queueUrl: request['QueueUrl'], group: request['MessageGroupId'], body });
      settle(body, answer);
      return { MessageId: `m${attempts}` };
    },
  });
  const respond = (body: StageMessage, answer: Exclude<Answer, 'silent'>): Promise<unknown> => {
    const { taskToken } = body;
    if ('outcome' in answer) {
      return service.handle('SendTaskSuccess', {
        taskToken,
        output: JSON.stringify(tokenOutput(body, answer.outcome)),
      });
    }
    const error = 'failsWith' in answer ? answer.failsWith : answer.refusedWith;
    return service.handle('SendTaskFailure', { taskToken, error, cause: `step ${body.stage} failed on agent ag_1` });
  };
  try {
    const { stateMachineArn } = service.createStateMachine({
      name: mode,
      roleArn: 'arn:aws:iam::000000000000:role/mode',
      definition: definitionOf(mode)
        .replaceAll(/\$\{TasksQueueUrl\}/g, queueUrl)
        .replaceAll(/\$\{DecideFunctionArn\}/g, decideFunction),
    });
    const started = await service.handle('StartExecution', {
      stateMachineArn,
      name: 'run',
      input: JSON.stringify(input),
    });
    const executionArn = String(started['executionArn']);
    const describe = async () => Description.parse(await service.handle('DescribeExecution', { executionArn }));
    let ended = await describe();
    do {
      await service.idle();
      ended = await describe();
    } while (ended.status === 'RUNNING' && clock.jump());
    const events = await historyOf(service, executionArn);
    return {
      status: ended.status,
      output: ended.output === undefined ? undefined : JSON.parse(ended.output),
      error: ended.error,
      cause: ended.cause,
      messages,
      decisions,
      entered: events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []),
      events: events.length,
      elapsedSeconds: (clock.now() - start) / 1000,
      largestDataBytes: Math.max(
        ...events.flatMap(({ stateEnteredEventDetails, stateExitedEventDetails }) =>
          [stateEnteredEventDetails?.input, stateExitedEventDetails?.output].map((text) => text?.length ?? 0),
        ),
      ),
    };
  } finally {
    await service.stop();
  }
}

const History = z.looseObject({
  events: z.array(
    z.looseObject({
      stateEnteredEventDetails: z.looseObject({ name: z.string(), input: z.string().optional() }).optional(),
      stateExitedEventDetails: z.looseObject({ output: z.string().optional() }).optional(),
    }),
  ),
  nextToken: z.string().optional(),
});
type HistoryEvent = z.infer<typeof History>['events'][number];

const Description = z.looseObject({
  status: z.string(),
  output: z.string().optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
});

async function historyOf(
  service: ReturnType<typeof createStepFunctions>,
  executionArn: string,
): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for (let nextToken: string | undefined = '0'; nextToken !== undefined; ) {
    const page = History.parse(await service.handle('GetExecutionHistory', { executionArn, nextToken }));
    events.push(...page.events);
    nextToken = page.nextToken;
  }
  return events;
}
