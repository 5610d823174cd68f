import * as z from 'zod';
import { type FlatEvent, flattenEvent, InvalidEventError } from '#event-pattern/flatten-event.ts';
import { matchEvent } from '#event-pattern/match-event.ts';
import { AwsError } from '../contract.ts';
import { nextOccurrence } from '../scheduler/next-occurrence.ts';
import { parseScheduleExpression } from '../scheduler/schedule-expression.ts';
import { type ScheduleTimer, startScheduleTimer } from '../scheduler/schedule-timer.ts';
import { compileRulePattern } from './compile-rule-pattern.ts';
import type { EventBus, EventBusOptions } from './create-event-bus.ts';
import { type Delivery, DeliveryStore } from './delivery-store.ts';
import { Dispatcher } from './dispatcher.ts';
import { type BusEvent, createEvent, type NewEvent } from './event.ts';
import { checkPutEvents } from './put-events.ts';
import type { NewRule } from './rule.ts';
import { type Rule, RuleTable } from './rule-table.ts';

/** An event that a service of the platform publishes. */
export interface PublishedEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
  readonly resources?: readonly string[];
}

const RuleName = z.looseObject({ Name: z.string(), EventBusName: z.string().default('default') });
const ListRulesInput = z.looseObject({
  EventBusName: z.string().default('default'),
  NamePrefix: z.string().default(''),
});
const TargetsInput = z.looseObject({
  Rule: z.string(),
  EventBusName: z.string().default('default'),
  Targets: z.array(z.looseObject({ Id: z.string() })).default([]),
  Ids: z.array(z.string()).default([]),
});
const PutRuleInput = z.looseObject({
  Name: z.string().min(1),
  EventBusName: z.string().default('default'),
  EventPattern: z.string().optional(),
  ScheduleExpression: z.string().optional(),
  State: z.string().optional(),
});
const TestPatternInput = z.looseObject({ EventPattern: z.string(), Event: z.string() });

function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new AwsError('ValidationException', z.prettifyError(parsed.error));
  return parsed.data;
}

/** @throws AwsError `ValidationException` when the text is not a JSON object */
function parseTestEvent(json: string): FlatEvent {
  try {
    return flattenEvent(json);
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    throw new AwsError('ValidationException', `Parameter Event is not valid. Reason: ${error.message}`);
  }
}

function describeRule(rule: Rule): Record<string, unknown> {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventBusName: rule.busArn.split('/').at(-1) ?? rule.busArn,
    State: rule.isEnabled ? 'ENABLED' : 'DISABLED',
    ...(rule.patternJson === undefined ? {} : { EventPattern: rule.patternJson }),
    ...(rule.scheduleExpression === undefined ? {} : { ScheduleExpression: rule.scheduleExpression }),
  };
}

/** Buses, rules and deliveries behind the EventBridge API. */
export class EventBusService implements EventBus {
  private readonly options: EventBusOptions;
  private readonly table = new RuleTable();
  private readonly store: DeliveryStore;
  private readonly dispatcher: Dispatcher;
  private readonly timers = new Map<string, ScheduleTimer>();

  constructor(options: EventBusOptions) {
    this.options = options;
    this.store = new DeliveryStore(options.databasePath ?? ':memory:');
    this.dispatcher = new Dispatcher({ ...options, store: this.store });
    this.addBus({ name: 'default', arn: this.arnOf('event-bus/default') });
  }

  addBus(bus: { readonly name: string; readonly arn: string }): void {
    this.table.addBus(bus);
  }

  addRule(newRule: NewRule): void {
    const rule = this.table.put(newRule);
    this.timers.get(rule.arn)?.stop();
    this.timers.delete(rule.arn);
    if (rule.scheduleExpression !== undefined) this.startSchedule(rule, rule.scheduleExpression);
    for (const delivery of this.store.listByRule(rule.arn)) this.dispatcher.enqueue(delivery);
  }

  async publish(busName: string, event: PublishedEvent): Promise<void> {
    const busArn = this.table.requireBus(busName);
    const created = this.createEvent({
      source: event.source,
      detailType: event.detailType,
      detailJson: JSON.stringify(event.detail),
      resources: event.resources ?? [],
      timeMs: this.options.clock.now(),
    });
    this.store.addAll(this.route(busArn, created)).forEach((delivery) => this.dispatcher.enqueue(delivery));
  }

  async handle(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    switch (operation) {
      case 'PutEvents':
        return this.putEvents(input);
      case 'TestEventPattern':
        return this.testEventPattern(input);
      case 'ListRules':
        return this.listRules(input);
      case 'DescribeRule':
        return describeRule(this.findRule(input));
      case 'PutRule':
        return this.putRule(input);
      case 'PutTargets':
        return this.putTargets(input);
      case 'ListTargetsByRule':
        return this.listTargets(input);
      default:
        throw new AwsError('UnknownOperationException', `The local event bus does not support ${operation}.`);
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.timers.values()) timer.stop();
    this.timers.clear();
    await this.dispatcher.stop();
    this.store.close();
  }

  private arnOf(resource: string): string {
    return `arn:aws:events:${this.options.region}:${this.options.accountId}:${resource}`;
  }

  private createEvent(event: NewEvent): BusEvent {
    const { accountId, region, clock } = this.options;
    return createEvent(event, { accountId, region, nowMs: clock.now() });
  }

  private route(busArn: string, event: BusEvent): Omit<Delivery, 'id'>[] {
    const flat = flattenEvent(event.json);
    return this.table.match(busArn, flat).flatMap((rule) => this.deliveriesOf(rule, event));
  }

  private deliveriesOf(rule: Rule, event: BusEvent): Omit<Delivery, 'id'>[] {
    return rule.targets.map((target) => ({
      ruleArn: rule.arn,
      ruleName: rule.name,
      target,
      eventId: event.id,
      eventJson: event.json,
      ingestedAtMs: event.ingestedAtMs,
      attempts: 0,
      dueAtMs: event.ingestedAtMs,
    }));
  }

  private putEvents(input: Record<string, unknown>): Record<string, unknown> {
    const deliveries: Omit<Delivery, 'id'>[] = [];
    const results = checkPutEvents(input, this.options.clock.now()).map((entry) => {
      if (entry.status === 'refused') return { ErrorCode: entry.errorCode, ErrorMessage: entry.errorMessage };
      const busArn = this.table.findBus(entry.busName);
      if (busArn === undefined) {
        const message = `Event bus ${entry.busName} does not exist.`;
        return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: message };
      }
      const event = this.createEvent(entry.event);
      // AWS bills a published event per 64 KB of payload.
      this.options.meter.count('events.published', Math.ceil(Buffer.byteLength(event.json) / 65_536));
      deliveries.push(...this.route(busArn, event));
      return { EventId: event.id };
    });
    this.store.addAll(deliveries).forEach((delivery) => this.dispatcher.enqueue(delivery));
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  private testEventPattern(input: Record<string, unknown>): Record<string, unknown> {
    const { EventPattern, Event } = parseInput(TestPatternInput, input);
    const pattern = compileRulePattern(EventPattern);
    return { Result: matchEvent(pattern, parseTestEvent(Event)) };
  }

  private findRule(input: Record<string, unknown>): Rule {
    const { Name, EventBusName } = parseInput(RuleName, input);
    return this.table.requireRule(Name, EventBusName);
  }

  private listRules(input: Record<string, unknown>): Record<string, unknown> {
    const { EventBusName, NamePrefix } = parseInput(ListRulesInput, input);
    const rules = this.table.list(EventBusName).filter((rule) => rule.name.startsWith(NamePrefix));
    return { Rules: rules.map(describeRule) };
  }

  private putRule(input: Record<string, unknown>): Record<string, unknown> {
    const rule = parseInput(PutRuleInput, input);
    const busArn = this.table.requireBus(rule.EventBusName);
    const busName = busArn.split('/').at(-1) ?? 'default';
    const arn = this.arnOf(busName === 'default' ? `rule/${rule.Name}` : `rule/${busName}/${rule.Name}`);
    const former = this.table.list(busArn).find((candidate) => candidate.name === rule.Name);
    this.addRule({
      name: rule.Name,
      arn: former?.arn ?? arn,
      busArn,
      eventPattern: rule.EventPattern,
      state: rule.State ?? 'ENABLED',
      targets: former?.targets ?? [],
      scheduleExpression: rule.ScheduleExpression,
    });
    return { RuleArn: former?.arn ?? arn };
  }

  private putTargets(input: Record<string, unknown>): Record<string, unknown> {
    const { Rule: name, EventBusName, Targets } = parseInput(TargetsInput, input);
    const rule = this.table.requireRule(name, EventBusName);
    const replaced = new Set(Targets.map((target) => target.Id));
    const targets = [...rule.targets.filter((target) => !replaced.has(target.Id)), ...Targets];
    this.addRule({
      name: rule.name,
      arn: rule.arn,
      busArn: rule.busArn,
      eventPattern: rule.patternJson,
      state: rule.isEnabled ? 'ENABLED' : 'DISABLED',
      targets,
      scheduleExpression: rule.scheduleExpression,
    });
    return { FailedEntryCount: 0, FailedEntries: [] };
  }

  private listTargets(input: Record<string, unknown>): Record<string, unknown> {
    const { Rule: name, EventBusName } = parseInput(TargetsInput, input);
    return { Targets: this.table.requireRule(name, EventBusName).targets };
  }

  private startSchedule(rule: Rule, expression: string): void {
    const fire = (scheduledMs: number): void => {
      const event = this.createEvent({
        source: 'aws.events',
        detailType: 'Scheduled Event',
        detailJson: '{}',
        resources: [rule.arn],
        timeMs: scheduledMs,
      });
      this.store.addAll(this.deliveriesOf(rule, event)).forEach((delivery) => this.dispatcher.enqueue(delivery));
    };
    const { clock } = this.options;
    const schedule = parseScheduleExpression(expression, 'rule');
    if (!rule.isEnabled) return;
    const anchorMs = this.store.anchorOf(rule.arn, expression, clock.now());
    const next = (afterMs: number): number | undefined => nextOccurrence(schedule, { afterMs, anchorMs });
    this.timers.set(rule.arn, startScheduleTimer({ clock, next, fire }));
  }
}
