import { Duration } from 'aws-cdk-lib';
import { EventBus, Match, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { eventSource } from '#core/contract/event-types.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import type { WorkQueue } from '#infra/constructs/work-queue.ts';

/** The bus: everyone in the account may listen; who may put events on it may ask for runs. */
export class Bus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { description: 'Events of Muster, and requests for runs' });
  }

  /**
   * Sends every event of others to the triggers' queue; what EventBridge cannot hand over joins the queue's dead letters.
   * Muster's own events start nothing here: each run's end would cost a message more, and a run could start itself for ever.
   */
  routeEvents(triggers: WorkQueue): void {
    new Rule(this, 'ExternalEvents', {
      description: 'Events of others go to the triggers queue',
      eventBus: this.bus,
      eventPattern: { source: Match.anythingBut(eventSource) },
      targets: [
        new SqsQueue(triggers.queue, {
          deadLetterQueue: triggers.deadLetters,
          retryAttempts: 20,
          maxEventAge: Duration.hours(4),
        }),
      ],
    });
  }

  /** Lets a function put events on the bus, and tells it the name. */
  grantPublish(grantee: TaskFunction): void {
    grantee.allow(['events:PutEvents'], [this.bus.eventBusArn]);
    grantee.setEnvironment('busName', this.bus.eventBusName);
  }
}
