import type { RunId, TenantId } from '#core/contract/ids.ts';
import type { DecideRequest, StageMessage } from '#core/contract/messages.ts';
import { type Machine, MachineInput, MoveResult, machines } from './machines.ts';
import type { World } from './world.ts';

type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'UNKNOWN';

interface Execution {
  readonly mode: string;
  readonly tenant: TenantId;
  readonly runId: RunId;
  readonly machine: Machine;
  status: Status;
  /** The stage that is waited for, behind this token, and whether it is asked for by handing on. */
  at: number;
  isHandOn: boolean;
  token: string | undefined;
  /** Whether the machine goes on when that stage fails. */
  catches: boolean;
  /** The decision that is waited for. */
  asked: string | undefined;
}

export type Answer = { readonly output: unknown } | { readonly error: string };

/** A state machine's question to the function that decides. */
export interface Question {
  readonly arn: string;
  readonly request: DecideRequest;
}

/** How an execution ended other than well, as the status event says it. */
export interface EndNotice {
  readonly tenant: TenantId;
  readonly runId: RunId;
  readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
}

/** What executions send. */
export interface Outlets {
  readonly stage: (message: StageMessage) => void;
  readonly decide: (question: Question) => void;
  readonly ended: (notice: EndNotice) => void;
}

const nameOf = (request: Pick<DecideRequest, 'step' | 'position'>): string => `${request.step}#${request.position}`;

/** Step Functions: each machine's moves one after the other, stages behind task tokens, decisions by a function. */
export class ExecutionsTwin {
  readonly executions = new Map<string, Execution>();
  private readonly tokens = new Map<string, { arn: string; stage: number }>();
  private readonly world: World;
  private readonly outlets: Outlets;

  constructor(world: World, outlets: Outlets) {
    this.world = world;
    this.outlets = outlets;
  }

  start({ mode, runId, input }: { readonly mode: string; readonly runId: string; readonly input: unknown }): string {
    const arn = `arn:aws:states:eu-west-1:123456789012:execution:${mode}:${runId}`;
    if (this.executions.has(arn)) return arn;
    const parsed = MachineInput.parse(input);
    const machine = machines[mode];
    if (machine === undefined) throw new Error(`no machine of mode ${mode}`);
    const execution: Execution = {
      mode,
      tenant: parsed.tenant,
      runId: parsed.runId,
      machine: machine(parsed),
      status: 'RUNNING',
      at: 0,
      isHandOn: false,
      token: undefined,
      catches: false,
      asked: undefined,
    };
    this.executions.set(arn, execution);
    this.proceed(arn, execution, {});
    return arn;
  }

  stop(arn: string, reason: string): void {
    const execution = this.executions.get(arn);
    this.world.trace(() => `stop ${arn.slice(-8)}: ${reason}`);
    if (execution?.status === 'RUNNING') this.end(execution, 'ABORTED');
  }

  status(arn: string): Status {
    return this.executions.get(arn)?.status ?? 'UNKNOWN';
  }

  answer(token: string, answer: Answer): 'delivered' | 'gone' {
    const waiting = this.tokens.get(token);
    const execution = waiting === undefined ? undefined : this.executions.get(waiting.arn);
    this.world.trace(() => `token ${token.slice(-12)} answered ${JSON.stringify(answer).slice(0, 100)}`);
    if (waiting === undefined || execution?.status !== 'RUNNING' || execution.token !== token) return 'gone';
    execution.token = undefined;
    if ('error' in answer && execution.catches && answer.error === 'StepFailed')
      this.proceed(waiting.arn, execution, { error: answer.error });
    // The one error that the state retries.
    else if ('error' in answer && answer.error === 'HandOnAgain') this.enter(waiting.arn, execution, execution.at);
    else if ('error' in answer) this.end(execution, 'FAILED');
    else this.proceed(waiting.arn, execution, MoveResult.parse(answer.output));
    return 'delivered';
  }

  /** The function has decided. A repeat of an earlier question is not waited for any more. */
  decided({ arn, request }: Question, answer: unknown): void {
    const execution = this.executions.get(arn);
    if (execution?.status !== 'RUNNING' || execution.asked !== nameOf(request)) return;
    execution.asked = undefined;
    this.proceed(arn, execution, MoveResult.parse(answer));
  }

  /** From outside: somebody stops an execution in the console, or it runs out of time. */
  disturb(arn: string, status: 'ABORTED' | 'TIMED_OUT'): void {
    const execution = this.executions.get(arn);
    if (execution?.status !== 'RUNNING') return;
    this.world.faults.note(`execution ${status} from outside`);
    this.end(execution, status);
  }

  /** A state is entered again with a new token, as after its own retry. */
  reenter(arn: string): void {
    const execution = this.executions.get(arn);
    if (execution?.status !== 'RUNNING' || execution.token === undefined) return;
    this.world.faults.note('state entered again with a new token');
    this.enter(arn, execution, execution.at);
  }

  private proceed(arn: string, execution: Execution, result: MoveResult): void {
    const { value, done } = execution.machine.next(result);
    if (done === true) return this.end(execution, value);
    execution.catches = value.kind === 'stage' && value.catches === true;
    execution.isHandOn = value.kind === 'hand_on';
    if (value.kind !== 'decide') return this.enter(arn, execution, value.position);
    const { tenant, runId } = execution;
    execution.asked = nameOf(value);
    this.outlets.decide({ arn, request: { tenant, runId, step: value.step, position: value.position } });
  }

  private enter(arn: string, execution: Execution, stage: number): void {
    const token = `token-${execution.runId.slice(-12)}-${stage}-${this.tokens.size}`;
    execution.at = stage;
    execution.token = token;
    this.tokens.set(token, { arn, stage });
    const { tenant, runId } = execution;
    const { isHandOn } = execution;
    this.world.scheduler.after(this.world.chance.between(5, 60), () => {
      if (isHandOn)
        this.outlets.decide({ arn, request: { tenant, runId, step: 'hand_on', position: stage, taskToken: token } });
      else this.outlets.stage({ kind: 'stage', tenant, runId, stage, taskToken: token });
    });
  }

  private end(execution: Execution, status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'): void {
    execution.status = status;
    execution.token = undefined;
    execution.asked = undefined;
    this.world.trace(() => `execution of ${execution.runId.slice(-8)} ${status}`);
    if (status === 'SUCCEEDED') return;
    const { tenant, runId } = execution;
    this.world.scheduler.after(this.world.chance.between(5, 500), () => this.outlets.ended({ tenant, runId, status }));
  }
}
