import * as z from 'zod';
import { RunId, TenantId } from '#core/contract/ids.ts';
import type { StageMessage } from '#core/contract/messages.ts';
import type { World } from './world.ts';

type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'UNKNOWN';

interface Execution {
  readonly mode: string;
  readonly tenant: TenantId;
  readonly runId: RunId;
  readonly stages: number;
  status: Status;
  at: number;
  token: string | undefined;
}

export type Answer = { readonly output: unknown } | { readonly error: string };

const Input = z.looseObject({ tenant: TenantId, stages: z.array(z.unknown()) });
const Output = z.looseObject({ outcome: z.string() });

/** How an execution ended other than well, as the status event says it. */
export interface EndNotice {
  readonly tenant: TenantId;
  readonly runId: RunId;
  readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
}

/** Step Functions for the two modes there are: stages one after the other, each behind one task token. */
export class ExecutionsTwin {
  readonly executions = new Map<string, Execution>();
  private readonly tokens = new Map<string, { arn: string; stage: number }>();
  private readonly world: World;
  private readonly send: (message: StageMessage) => void;
  private readonly ended: (notice: EndNotice) => void;

  constructor(world: World, send: (message: StageMessage) => void, ended: (notice: EndNotice) => void) {
    this.world = world;
    this.send = send;
    this.ended = ended;
  }

  start({ mode, runId, input }: { readonly mode: string; readonly runId: string; readonly input: unknown }): string {
    const arn = `arn:aws:states:eu-west-1:123456789012:execution:${mode}:${runId}`;
    if (this.executions.has(arn)) return arn;
    const { tenant, stages } = Input.parse(input);
    const execution: Execution = {
      mode,
      tenant,
      runId: RunId.parse(runId),
      stages: stages.length,
      status: 'RUNNING',
      at: 0,
      token: undefined,
    };
    this.executions.set(arn, execution);
    this.enter(arn, execution, 0);
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
    if ('error' in answer) this.end(execution, 'FAILED');
    else this.proceed(waiting.arn, execution, Output.parse(answer.output));
    return 'delivered';
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

  private proceed(arn: string, execution: Execution, output: { outcome: string }): void {
    if (execution.mode === 'parallel' && output.outcome !== 'SUCCEEDED') return this.end(execution, 'FAILED');
    if (execution.at + 1 >= execution.stages) return this.end(execution, 'SUCCEEDED');
    this.enter(arn, execution, execution.at + 1);
  }

  private enter(arn: string, execution: Execution, stage: number): void {
    const token = `token-${execution.runId.slice(-12)}-${stage}-${this.tokens.size}`;
    execution.at = stage;
    execution.token = token;
    this.tokens.set(token, { arn, stage });
    const { tenant, runId } = execution;
    this.world.scheduler.after(this.world.chance.between(5, 60), () =>
      this.send({ kind: 'stage', tenant, runId, stage, taskToken: token }),
    );
  }

  private end(execution: Execution, status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'): void {
    execution.status = status;
    execution.token = undefined;
    this.world.trace(() => `execution of ${execution.runId.slice(-8)} ${status}`);
    if (status === 'SUCCEEDED') return;
    const { tenant, runId } = execution;
    this.world.scheduler.after(this.world.chance.between(5, 500), () => this.ended({ tenant, runId, status }));
  }
}
