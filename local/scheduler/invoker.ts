import { type AwsCall, AwsError, type Clock } from '../contract.ts';
import { deliverToTarget, queueUrlOf } from '../event-bus/deliver-to-target.ts';
import { formatEventTime } from '../event-bus/event.ts';
import {
  classifyFailure,
  exhaustedCondition,
  retryDelayMs,
  retryLimits,
  stringAttributes,
} from '../event-bus/retry.ts';
import type { Invocation, ScheduleStore } from './schedule-store.ts';

interface InvokerOptions {
  readonly clock: Clock;
  readonly call: AwsCall;
  readonly store: ScheduleStore;
  readonly region: string;
  readonly accountId: string;
  readonly log?: (line: string) => void;
  /** Called when a run has reached its target or has been given up. */
  readonly onFinished: (scheduleArn: string) => void;
}

/** Calls targets, waits and calls again, and hands what cannot be delivered to a dead-letter queue. */
export class Invoker {
  private readonly options: InvokerOptions;
  private readonly cancels = new Map<string, () => void>();
  private readonly running = new Set<Promise<void>>();
  private readonly known = new Set<string>();
  private isStopped = false;

  constructor(options: InvokerOptions) {
    this.options = options;
  }

  enqueue(invocation: Invocation): void {
    if (this.isStopped || this.known.has(invocation.id)) return;
    this.known.add(invocation.id);
    this.arm(invocation);
  }

  /** Takes back a run that has not been tried, or not again, yet. */
  cancel(invocationId: string): void {
    this.cancels.get(invocationId)?.();
    this.cancels.delete(invocationId);
    this.known.delete(invocationId);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const cancel of this.cancels.values()) cancel();
    this.cancels.clear();
    await Promise.all(this.running);
  }

  private arm(invocation: Invocation): void {
    if (this.isStopped) return;
    const cancel = this.options.clock.after(Math.max(0, invocation.dueAtMs - this.options.clock.now()), () => {
      this.cancels.delete(invocation.id);
      const attempt = this.attempt(invocation).finally(() => this.running.delete(attempt));
      this.running.add(attempt);
    });
    this.cancels.set(invocation.id, cancel);
  }

  private async attempt(invocation: Invocation): Promise<void> {
    const inputJson = this.renderInput(invocation);
    try {
      await this.invoke(invocation, inputJson);
      this.finish(invocation);
    } catch (error) {
      await this.handleFailure({ ...invocation, attempts: invocation.attempts + 1 }, inputJson, error);
    }
  }

  /** The schedule's input with its context attributes filled in, or the event AWS sends when there is none. */
  private renderInput(invocation: Invocation): string {
    const time = formatEventTime(invocation.scheduledMs);
    if (invocation.target.input === undefined) {
      const { accountId: account, region } = this.options;
      const event = { version: '0', id: invocation.id, 'detail-type': 'Scheduled Event', source: 'aws.scheduler' };
      return JSON.stringify({ ...event, account, time, region, resources: [invocation.scheduleArn], detail: '{}' });
    }
    return invocation.target.input
      .replaceAll('<aws.scheduler.schedule-arn>', invocation.scheduleArn)
      .replaceAll('<aws.scheduler.scheduled-time>', time)
      .replaceAll('<aws.scheduler.execution-id>', invocation.id)
      .replaceAll('<aws.scheduler.attempt-number>', String(invocation.attempts + 1));
  }

  private async invoke(invocation: Invocation, inputJson: string): Promise<void> {
    const { target } = invocation;
    if (target.eventBridgeParameters !== undefined) return this.putEvent(invocation, inputJson);
    try {
      await deliverToTarget(this.options, {
        arn: target.arn,
        roleArn: target.roleArn,
        inputJson,
        messageGroupId: target.sqsParameters?.messageGroupId,
        executionName: invocation.id,
      });
    } catch (error) {
      // The execution was started by a try whose answer was lost.
      if (!(error instanceof AwsError) || error.code !== 'ExecutionAlreadyExists') throw error;
    }
  }

  private async putEvent(invocation: Invocation, inputJson: string): Promise<void> {
    const { arn, roleArn, eventBridgeParameters, input } = invocation.target;
    const entry = {
      EventBusName: arn,
      Source: eventBridgeParameters?.source,
      DetailType: eventBridgeParameters?.detailType,
      Detail: input === undefined ? '{}' : inputJson,
      Resources: [invocation.scheduleArn],
    };
    const answer = await this.options.call({
      service: 'events',
      action: 'PutEvents',
      input: { Entries: [entry] },
      roleArn,
    });
    if (answer['FailedEntryCount'] !== undefined && answer['FailedEntryCount'] !== 0) {
      throw new AwsError(
        'ValidationException',
        `The bus ${arn} refused the event: ${JSON.stringify(answer['Entries'])}`,
      );
    }
  }

  private async handleFailure(invocation: Invocation, inputJson: string, error: unknown): Promise<void> {
    const { clock, store } = this.options;
    const failure = classifyFailure(error);
    const retries = invocation.attempts - 1;
    const delayMs = retryDelayMs(invocation.attempts);
    const policy = invocation.target.retryPolicy;
    const limits = retryLimits({
      MaximumRetryAttempts: policy?.maximumRetryAttempts,
      MaximumEventAgeInSeconds: policy?.maximumEventAgeInSeconds,
    });
    const exhausted = exhaustedCondition(limits, {
      retries,
      ageAtNextTryMs: clock.now() + delayMs - invocation.createdMs,
    });
    // Its schedule may have been deleted meanwhile.
    if (!this.known.has(invocation.id)) return;
    if (failure.isRetryable && exhausted === undefined) {
      const postponed = { ...invocation, dueAtMs: clock.now() + delayMs };
      store.saveInvocation(postponed);
      this.arm(postponed);
      return;
    }
    await this.sendToDeadLetterQueue(invocation, inputJson, {
      ERROR_CODE: error instanceof AwsError ? error.code : 'InternalServerException',
      ERROR_MESSAGE: failure.errorMessage,
      EXHAUSTED_RETRY_CONDITION: failure.isRetryable ? exhausted : undefined,
      RETRY_ATTEMPTS: String(retries),
    });
    this.finish(invocation);
  }

  private async sendToDeadLetterQueue(
    invocation: Invocation,
    inputJson: string,
    reason: Readonly<Record<string, string | undefined>>,
  ): Promise<void> {
    const { target } = invocation;
    const queueArn = target.deadLetterConfig?.arn;
    if (queueArn === undefined) {
      this.log(`scheduler: a run of ${invocation.scheduleArn} was dropped: ${reason['ERROR_MESSAGE']}`);
      return;
    }
    const attributes = {
      ...reason,
      EXECUTION_ID: invocation.id,
      IS_PAYLOAD_TRUNCATED: 'false',
      SCHEDULED_TIME: formatEventTime(invocation.scheduledMs),
      SCHEDULE_ARN: invocation.scheduleArn,
      TARGET_ARN: target.arn,
    };
    const input = {
      QueueUrl: queueUrlOf(queueArn),
      MessageBody: inputJson,
      MessageAttributes: stringAttributes(attributes),
    };
    try {
      await this.options.call({ service: 'sqs', action: 'SendMessage', input, roleArn: target.roleArn });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.log(`scheduler: a run of ${invocation.scheduleArn} could not reach its dead-letter queue: ${message}`);
    }
  }

  private log(line: string): void {
    (this.options.log ?? console.error)(line);
  }

  private finish(invocation: Invocation): void {
    this.options.store.removeInvocation(invocation.id);
    this.known.delete(invocation.id);
    this.options.onFinished(invocation.scheduleArn);
  }
}
