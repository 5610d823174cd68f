import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { runRequestedType } from '#core/contract/event-types.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import type { WorkQueue } from '#infra/constructs/work-queue.ts';

/** The bus: everyone in the account may listen; who may put events on it may ask for runs. */
export class Bus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { description: 'Events of Muster, and requests for runs' });
  }

  /** Sends every request for a run to a queue; what EventBridge cannot hand over joins the queue's dead letters. */
  routeRunRequests(triggers: WorkQueue): void {
    new Rule(this, 'RunRequested', {
      description: 'Requests for runs go to the triggers queue',
      eventBus: this.bus,
      eventPattern: { detailType: [runRequestedType] },
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
