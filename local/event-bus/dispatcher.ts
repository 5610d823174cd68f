import { AwsError, type Clock } from '../contract.ts';
import { deliverToTarget, eventsServicePrincipal, queueUrlOf, type TargetPorts } from './deliver-to-target.ts';
import type { Delivery, DeliveryStore } from './delivery-store.ts';
import { classifyFailure, exhaustedCondition, retryDelayMs, retryLimits, stringAttributes } from './retry.ts';
import { renderTargetInput } from './target-input.ts';

interface DispatcherOptions extends TargetPorts {
  readonly clock: Clock;
  readonly store: DeliveryStore;
  /** Receives a line about each event that could not be delivered. @default console.error */
  readonly log?: (line: string) => void;
}

/** Step Functions accepts 80 characters of letters, digits, `-` and `_`. */
function executionName(delivery: Delivery): string {
  return `${delivery.eventId}_${delivery.target.Id.replaceAll(/[^\w-]/g, '-')}`.slice(0, 80);
}

/** Delivers what the store holds: tries, waits, tries again, and hands what cannot be delivered to a dead-letter queue. */
export class Dispatcher {
  private readonly options: DispatcherOptions;
  private readonly cancels = new Map<number, () => void>();
  private readonly running = new Set<Promise<void>>();
  private readonly known = new Set<number>();
  private isStopped = false;

  constructor(options: DispatcherOptions) {
    this.options = options;
  }

  /** Takes over a stored delivery; one that is already under way is left alone. */
  enqueue(delivery: Delivery): void {
    if (this.isStopped || this.known.has(delivery.id)) return;
    this.known.add(delivery.id);
    this.arm(delivery);
  }

  /** Ends the timers and waits for the calls under way; what is left stays in the store. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const cancel of this.cancels.values()) cancel();
    this.cancels.clear();
    await Promise.all(this.running);
  }

  private arm(delivery: Delivery): void {
    if (this.isStopped) return;
    const cancel = this.options.clock.after(Math.max(0, delivery.dueAtMs - this.options.clock.now()), () => {
      this.cancels.delete(delivery.id);
      const attempt = this.attempt(delivery).finally(() => this.running.delete(attempt));
      this.running.add(attempt);
    });
    this.cancels.set(delivery.id, cancel);
  }

  private async attempt(delivery: Delivery): Promise<void> {
    try {
      await this.deliver(delivery);
      this.finish(delivery);
    } catch (error) {
      await this.handleFailure({ ...delivery, attempts: delivery.attempts + 1 }, error);
    }
  }

  private async deliver(delivery: Delivery): Promise<void> {
    const event = { id: delivery.eventId, json: delivery.eventJson, ingestedAtMs: delivery.ingestedAtMs };
    const inputJson = renderTargetInput(delivery.target, event, delivery);
    try {
      await deliverToTarget(this.options, {
        arn: delivery.target.Arn,
        roleArn: delivery.target.RoleArn,
        inputJson,
        messageGroupId: delivery.target.SqsParameters?.MessageGroupId,
        executionName: executionName(delivery),
      });
    } catch (error) {
      // The execution was started by a try whose answer was lost.
      if (!(error instanceof AwsError) || error.code !== 'ExecutionAlreadyExists') throw error;
    }
  }

  private async handleFailure(delivery: Delivery, error: unknown): Promise<void> {
    const { clock, store } = this.options;
    const failure = classifyFailure(error);
    const retries = delivery.attempts - 1;
    const delayMs = retryDelayMs(delivery.attempts);
    const ageAtNextTryMs = clock.now() + delayMs - delivery.ingestedAtMs;
    const exhausted = exhaustedCondition(retryLimits(delivery.target.RetryPolicy ?? {}), { retries, ageAtNextTryMs });
    if (failure.isRetryable && exhausted === undefined) {
      const dueAtMs = clock.now() + delayMs;
      store.postpone(delivery.id, delivery.attempts, dueAtMs);
      this.arm({ ...delivery, dueAtMs });
      return;
    }
    await this.sendToDeadLetterQueue(delivery, {
      ERROR_CODE: failure.errorCode,
      ERROR_MESSAGE: failure.errorMessage,
      EXHAUSTED_RETRY_CONDITION: failure.isRetryable ? exhausted : undefined,
      RETRY_ATTEMPTS: String(retries),
    });
    this.finish(delivery);
  }

  private async sendToDeadLetterQueue(
    delivery: Delivery,
    reason: Readonly<Record<string, string | undefined>>,
  ): Promise<void> {
    const queueArn = delivery.target.DeadLetterConfig?.Arn;
    if (queueArn === undefined) {
      this.log(`event-bus: dropped event ${delivery.eventId} for ${delivery.target.Arn}: ${reason['ERROR_MESSAGE']}`);
      return;
    }
    const attributes = { RULE_ARN: delivery.ruleArn, TARGET_ARN: delivery.target.Arn, ...reason };
    const input = {
      QueueUrl: queueUrlOf(queueArn),
      MessageBody: delivery.eventJson,
      MessageAttributes: stringAttributes(attributes),
    };
    try {
      await this.options.call({ service: 'sqs', action: 'SendMessage', input, roleArn: eventsServicePrincipal });
    } catch (error) {
      // AWS counts these as InvocationsFailedToBeSentToDLQ and drops the event.
      const message = error instanceof Error ? error.message : String(error);
      this.log(`event-bus: event ${delivery.eventId} could not reach the dead-letter queue ${queueArn}: ${message}`);
    }
  }

  private log(line: string): void {
    (this.options.log ?? console.error)(line);
  }

  private finish(delivery: Delivery): void {
    this.options.store.remove(delivery.id);
    this.known.delete(delivery.id);
  }
}
