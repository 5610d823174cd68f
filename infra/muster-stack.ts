import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { FunctionCode } from '#infra/bundle.ts';
import { type Config, retentionOf, settingsOf } from '#infra/config/config.ts';
import { Access } from '#infra/constructs/access.ts';
import { Bus } from '#infra/constructs/bus.ts';
import { Coordination } from '#infra/constructs/coordination.ts';
import { Domains } from '#infra/constructs/domains.ts';
import { EventLog } from '#infra/constructs/event-log.ts';
import { Functions } from '#infra/constructs/functions.ts';
import { PublicHttpApi } from '#infra/constructs/http-api.ts';
import { providerOf } from '#infra/constructs/identity-provider.ts';
import { Operations } from '#infra/constructs/operations.ts';
import { Payloads } from '#infra/constructs/payloads.ts';
import { Queues } from '#infra/constructs/queues.ts';
import { Relay } from '#infra/constructs/relay.ts';
import { Schedules } from '#infra/constructs/schedules.ts';
import { SocketApi } from '#infra/constructs/socket-api.ts';
import { Sweep } from '#infra/constructs/sweep.ts';
import { Table } from '#infra/constructs/table.ts';
import { Vault } from '#infra/constructs/vault.ts';
import { DeadLetterQueue } from '#infra/constructs/work-queue.ts';

export interface MusterStackProps extends StackProps {
  readonly config: Config;
  /** The bundles of the functions. */
  readonly code: FunctionCode;
}

/** Muster in one stack. It composes; what each part is stands in `constructs/`. */
export class MusterStack extends Stack {
  constructor(scope: Construct, id: string, props: MusterStackProps) {
    const settings = settingsOf(props.config);
    super(scope, id, { terminationProtection: settings.terminationProtection, ...props });
    const retention = retentionOf(props.config);

    const table = new Table(this, 'State', { settings });
    const queues = new Queues(this, 'Queues');
    const payloads = new Payloads(this, 'Payloads', { settings, retention, origins: props.config.payloadOrigins });
    const access = new Access(this, 'Access', { settings, provider: providerOf(this, props.config) });
    const bus = new Bus(this, 'Events');
    const schedules = new Schedules(this, 'Schedules', { settings, triggersQueue: queues.triggers.queue });
    const sockets = new SocketApi(this, 'Sockets', { settings });
    const coordination = new Coordination(this, 'Coordination', { settings, tasksQueue: queues.tasks.queue });
    const endedDeadLetters = new DeadLetterQueue(this, 'ExecutionEndedDeadLetters', { of: 'Ends of executions' }).queue;
    const sweepDeadLetters = new DeadLetterQueue(this, 'SweepDeadLetters', { of: 'Sweeps' }).queue;

    const functions = new Functions(this, 'Functions', {
      code: props.code,
      logLevel: props.config.logLevel,
      retention,
      settings,
      reservedConcurrency: props.config.reservedConcurrency,
      resources: {
        table,
        queues,
        sockets,
        coordination,
        bus,
        payloads,
        access,
        schedules,
        vault: new Vault(this, 'Vault'),
      },
      deadLetters: { 'events/execution-ended': endedDeadLetters, 'schedule/sweep': sweepDeadLetters },
    });

    sockets.addRoutes({
      connect: functions.named('websocket/connect'),
      disconnect: functions.named('websocket/disconnect'),
      message: functions.named('websocket/message'),
      secret: functions.named('websocket/secret'),
    });
    const http = new PublicHttpApi(this, 'Http', {
      settings,
      authoriser: functions.named('http/authorise'),
      notFound: functions.named('http/not-found'),
      answers: functions.named('http/answers'),
      families: {
        agents: functions.named('http/agents'),
        tasks: functions.named('http/tasks'),
        events: functions.named('http/events'),
        workflows: functions.named('http/workflows'),
        runs: functions.named('http/runs'),
        payloads: functions.named('http/payloads'),
        system: functions.named('http/system'),
        triggers: functions.named('http/triggers'),
        state: functions.named('http/state'),
        specs: functions.named('http/specs'),
        access: functions.named('http/access'),
      },
    });
    queues.consumeWith(functions.named('queue/dispatch'), 'tasks');
    queues.consumeWith(functions.named('queue/timers'), 'timers');
    queues.consumeWith(functions.named('queue/trigger'), 'triggers');
    queues.consumeWith(functions.named('queue/effects'), 'effects');
    bus.routeEvents(queues.triggers);
    coordination.decideWith(functions.named('workflow/decide'));
    coordination.notifyOfEnds(functions.named('events/execution-ended'), endedDeadLetters);
    new Relay(this, 'Relay', {
      table,
      relay: functions.named('stream/relay'),
      effectsQueue: queues.effects,
    });
    new EventLog(this, 'EventLog', { table, log: functions.named('stream/log'), effectsQueue: queues.effects });
    new Sweep(this, 'Sweep', { sweep: functions.named('schedule/sweep'), deadLetters: sweepDeadLetters });
    const { alarmTopicArn } = props.config;
    new Operations(this, 'Operations', { table, queues, sockets, http, coordination, alarmTopicArn });

    const { httpDomain, socketDomain, certificateArn } = props.config;
    const domains = new Domains(this, 'Domains', { certificateArn, http, sockets, httpDomain, socketDomain });
    this.addOutputs({
      HttpUrl: [`${domains.httpUrl}/v1`, 'The HTTP API'],
      SocketUrl: [domains.socketUrl, 'Where agents and watchers connect'],
      ...domains.targets,
      BusName: [bus.bus.eventBusName, 'Events of runs and tasks; requests for runs'],
      BootstrapSecretArn: [access.bootstrapSecret.secretArn, 'The secret that holds the bootstrap API key'],
      TableName: [table.table.tableName, 'The table'],
    });
  }

  private addOutputs(outputs: Readonly<Record<string, readonly [string, string]>>): void {
    for (const [name, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value, description });
    }
  }
}
