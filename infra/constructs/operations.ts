import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Metric,
  PeriodOverride,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type MetricName, metricNames as names } from '#core/contract/metrics.ts';
import { addRunbookAlarm, alarmPeriod } from '#infra/constructs/alarms.ts';
import type { Coordination } from '#infra/constructs/coordination.ts';
import type { PublicHttpApi } from '#infra/constructs/http-api.ts';
import type { Queues } from '#infra/constructs/queues.ts';
import type { SocketApi } from '#infra/constructs/socket-api.ts';
import type { Table } from '#infra/constructs/table.ts';
import { metricsNamespaceOf } from '#infra/constructs/task-function.ts';

export interface OperationsProps {
  readonly table: Table;
  readonly queues: Queues;
  readonly sockets: SocketApi;
  readonly http: PublicHttpApi;
  readonly coordination: Coordination;
  /** Told of every alarm in the stack. @default - nobody; alarms show in CloudWatch and on the default bus */
  readonly alarmTopicArn?: string | undefined;
}

/** An alarm on what the functions count, above so many in a period. */
interface CountAlarm {
  readonly metric: MetricName;
  readonly above: number;
  readonly periods: number;
  readonly meaning: string;
  readonly runbook: string;
}

const countAlarms: Readonly<Record<string, CountAlarm>> = {
  StaleResults: {
    metric: names.staleResults,
    above: 20,
    periods: 2,
    meaning: 'Agents keep sending results of attempts that others have taken over.',
    runbook: 'stale-results',
  },
  Undelivered: {
    metric: names.undeliveredFrames,
    above: 20,
    periods: 2,
    meaning: 'The gateway does not take frames: assignments wait for the next heartbeat.',
    runbook: 'frames-undelivered',
  },
  Repairs: {
    metric: names.sweepRepairs,
    above: 50,
    periods: 3,
    meaning: 'The sweep keeps mending what functions leave half done.',
    runbook: 'sweep-repairs',
  },
  HandlersFailing: {
    metric: names.handlerFailures,
    above: 20,
    periods: 2,
    meaning: 'Requests, frames or messages end in faults of the platform.',
    runbook: 'handlers-failing',
  },
  RunsFailing: {
    metric: names.runsFailed,
    above: 20,
    periods: 1,
    meaning: 'Many runs fail or run out of time.',
    runbook: 'runs-failing',
  },
  // Counted by the function that closes their runs: an alarm on each state machine costs as much as a queue's does.
  ExecutionTimedOut: {
    metric: names.executionsTimedOut,
    above: 0,
    periods: 1,
    meaning: 'A run ended by the backstop of Step Functions: the engine should have ended it.',
    runbook: 'execution-timed-out',
  },
};

/** The alarms on what functions count, the dashboard, and who is told. Comes last: it looks at everything else. */
export class Operations extends Construct {
  constructor(scope: Construct, id: string, props: OperationsProps) {
    super(scope, id);
    for (const [name, { metric, ...alarm }] of Object.entries(countAlarms))
      addRunbookAlarm(this, name, { ...alarm, metric: this.countOf(metric) });
    addRunbookAlarm(this, 'FunctionsThrottled', {
      // Without dimensions it is the account's: what throttles one function is what all of them share.
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum', period: alarmPeriod }),
      meaning: 'Lambda refuses invocations: the concurrency of the account is used up.',
      runbook: 'functions-throttled',
      above: 10,
      periods: 2,
    });
    this.addDashboard(props);
    if (props.alarmTopicArn !== undefined) this.notify(Topic.fromTopicArn(this, 'AlarmTopic', props.alarmTopicArn));
  }

  private get alarms(): readonly Alarm[] {
    return (this.node.scope ?? this).node.findAll().filter((one) => one instanceof Alarm);
  }

  private countOf(metricName: MetricName): Metric {
    return new Metric({
      namespace: metricsNamespaceOf(this),
      metricName,
      statistic: metricName === names.liveAgents ? 'Maximum' : 'Sum',
      period: alarmPeriod,
    });
  }

  private notify(topic: ITopic): void {
    for (const alarm of this.alarms) {
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    }
  }

  private addDashboard({ table, queues, sockets, http, coordination }: OperationsProps): void {
    const graph = (title: string, left: readonly IMetric[], right: readonly IMetric[] = []): IWidget =>
      new GraphWidget({ title, left: [...left], right: [...right], width: 12, height: 6 });
    const count = (metricName: MetricName) => this.countOf(metricName);
    const work = [queues.tasks, queues.timers, queues.triggers, queues.effects];
    const sum = { statistic: 'Sum', period: alarmPeriod };
    new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(3),
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...this.alarms], width: 24, height: 4 })],
        [
          graph('Live agents, breakers opened', [count(names.liveAgents)], [count(names.breakersOpened)]),
          graph('Runs', [count(names.runsEnded), count(names.runsFailed)]),
        ],
        [
          graph('Task throughput: frames and requests', [sockets.messages(sum), http.requests(sum)]),
          graph('Errors', [http.serverErrors(sum), sockets.errors(sum), count(names.handlerFailures)]),
        ],
        [
          graph('Assignment', [count(names.lostClaims), count(names.undeliveredFrames), count(names.staleResults)]),
          graph('Sweep', [count(names.sweepRepairs), count(names.sweepFailures)]),
        ],
        [
          graph(
            'Queues: age of the oldest message',
            work.map(({ queue }) => queue.metricApproximateAgeOfOldestMessage({ period: alarmPeriod })),
          ),
          graph(
            'Dead letters',
            work.map(({ deadLetters }) =>
              deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: alarmPeriod }),
            ),
          ),
        ],
        [
          graph(
            'Table: consumed units, throttled requests',
            ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits'].map((name) => table.table.metric(name, sum)),
            ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) => table.table.metric(name, sum)),
          ),
          graph('Executions that failed or timed out', coordination.failures(sum), [count(names.executionsTimedOut)]),
        ],
      ],
    });
  }
}
