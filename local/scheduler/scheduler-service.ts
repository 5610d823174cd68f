import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../contract.ts';
import type { Scheduler, SchedulerOptions } from './create-scheduler.ts';
import { Invoker } from './invoker.ts';
import { nextOccurrence } from './next-occurrence.ts';
import { type NewSchedule, parseSchedule, type Schedule } from './schedule.ts';
import { answerOperation, type KeptSchedule, type ScheduleRegistry } from './schedule-operations.ts';
import { ScheduleStore, type StoredSchedule } from './schedule-store.ts';
import { type ScheduleTimer, startScheduleTimer } from './schedule-timer.ts';

/** What is kept of a schedule is what was written of it: with small first letters, moments as text or seconds. */
const KeptDefinition = z.record(z.string(), z.unknown());

/** Schedules, their timers and their runs behind the Scheduler API. */
export class SchedulerService implements Scheduler {
  private readonly options: SchedulerOptions;
  private readonly store: ScheduleStore;
  private readonly invoker: Invoker;
  private readonly groups = new Set(['default']);
  private readonly schedules = new Map<string, KeptSchedule>();
  private readonly timers = new Map<string, ScheduleTimer>();
  private readonly declared = new Set<string>();

  constructor(options: SchedulerOptions) {
    this.options = options;
    this.store = new ScheduleStore(options.databasePath ?? ':memory:');
    this.invoker = new Invoker({ ...options, store: this.store, onFinished: (arn) => this.endIfComplete(arn) });
  }

  addGroup(name: string): void {
    this.groups.add(name);
  }

  addSchedule(newSchedule: NewSchedule): void {
    this.check(parseSchedule(newSchedule));
    const { arn } = newSchedule;
    const declared = JSON.stringify(newSchedule);
    const stored = this.store.readDefinition(arn);
    this.declared.add(arn);
    if (stored?.declared === declared) return this.open(stored);
    const nowMs = this.options.clock.now();
    const times = { createdMs: stored?.createdMs ?? nowMs, modifiedMs: nowMs };
    this.save({ arn, declared, current: declared, ...times, clientToken: undefined });
  }

  restore(): void {
    for (const stored of this.store.listDefinitions()) {
      if (stored.declared === undefined) this.open(stored);
      else if (!this.declared.has(stored.arn)) this.store.drop(stored.arn);
    }
  }

  async handle(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { clock, region, accountId } = this.options;
    const registry: ScheduleRegistry = {
      now: () => clock.now(),
      list: () => [...this.schedules.values()],
      hasGroup: (name) => this.groups.has(name),
      arnOf: (group, name) => `arn:aws:scheduler:${region}:${accountId}:schedule/${group}/${name}`,
      put: (definition, clientToken) => this.put(definition, clientToken),
      remove: (arn) => this.remove(arn),
    };
    return answerOperation(registry, operation, input);
  }

  async stop(): Promise<void> {
    for (const timer of this.timers.values()) timer.stop();
    this.timers.clear();
    await this.invoker.stop();
    this.store.close();
  }

  private put(definition: Readonly<Record<string, unknown>>, clientToken: string | undefined): KeptSchedule {
    const { arn } = this.check(parseSchedule(definition));
    const stored = this.store.readDefinition(arn);
    const nowMs = this.options.clock.now();
    return this.save({
      arn,
      declared: stored?.declared,
      current: JSON.stringify(definition),
      createdMs: this.schedules.get(arn)?.createdMs ?? nowMs,
      modifiedMs: nowMs,
      clientToken: clientToken ?? stored?.clientToken,
    });
  }

  /** @throws AwsError `ValidationException` when the scheduler may not act as the schedule's role */
  private check(schedule: Schedule): Schedule {
    const { mayAssume, region, accountId } = this.options;
    const groupArn = `arn:aws:scheduler:${region}:${accountId}:schedule-group/${schedule.groupName}`;
    if (mayAssume?.(schedule.target.roleArn, groupArn) !== false) return schedule;
    throw new AwsError(
      'ValidationException',
      'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
    );
  }

  private save(stored: StoredSchedule & { readonly current: string }): KeptSchedule {
    this.store.saveDefinition(stored);
    return this.run(stored, stored.current);
  }

  /** Takes up what is kept; one of the template that was deleted at run time stays so. */
  private open(stored: StoredSchedule): void {
    if (stored.current !== undefined) this.run(stored, stored.current);
  }

  private run(stored: StoredSchedule, current: string): KeptSchedule {
    const { createdMs, modifiedMs, clientToken } = stored;
    const schedule = {
      ...parseSchedule(KeptDefinition.parse(JSON.parse(current))),
      createdMs,
      modifiedMs,
      clientToken,
    };
    this.timers.get(schedule.arn)?.stop();
    this.timers.delete(schedule.arn);
    this.schedules.set(schedule.arn, schedule);
    for (const invocation of this.store.listInvocations(schedule.arn)) this.invoker.enqueue(invocation);
    if (schedule.state === 'ENABLED') this.start(schedule);
    return schedule;
  }

  private remove(arn: string): void {
    this.timers.get(arn)?.stop();
    this.timers.delete(arn);
    this.schedules.delete(arn);
    for (const { id } of this.store.listInvocations(arn)) this.invoker.cancel(id);
    this.store.forget(arn);
  }

  /** Deletes a schedule that was to end with its last run, once that has been delivered. */
  private endIfComplete(arn: string): void {
    const hasEnded = this.timers.get(arn)?.hasEnded() ?? false;
    const isToGo = this.schedules.get(arn)?.actionAfterCompletion === 'DELETE';
    if (isToGo && hasEnded && this.store.listInvocations(arn).length === 0) this.remove(arn);
  }

  private start(schedule: Schedule): void {
    const { clock } = this.options;
    const nowMs = clock.now();
    const definition = [schedule.scheduleExpression, schedule.zone.name, schedule.startMs ?? ''].join('|');
    const progress = this.store.openProgress(schedule.arn, definition, nowMs);
    const anchorMs = schedule.startMs ?? progress.anchorMs;
    const next = (afterMs: number): number | undefined => {
      const { expression, zone, startMs, endMs } = schedule;
      // Strictly after: one millisecond earlier admits the start itself.
      const fromMs = Math.max(afterMs, (startMs ?? Number.NEGATIVE_INFINITY) - 1);
      const occurrenceMs = nextOccurrence(expression, { afterMs: fromMs, anchorMs, zone });
      return occurrenceMs === undefined || (endMs !== undefined && occurrenceMs > endMs) ? undefined : occurrenceMs;
    };
    const startAfterMs = this.startAfter(schedule, progress, nowMs);
    const fire = (scheduledMs: number): void => this.fire(schedule, scheduledMs);
    this.timers.set(schedule.arn, startScheduleTimer({ clock, next, fire, startAfterMs }));
    // A former process may have died between the last run and the deletion.
    if (progress.firedUpToMs !== undefined) this.endIfComplete(schedule.arn);
  }

  /**
   * From when on occurrences count. A new rate without a start date runs at once, as on AWS. Runs that fell into the
   * platform's downtime are not made up for, except the only one of a one-time schedule.
   */
  private startAfter(
    schedule: Schedule,
    progress: { readonly anchorMs: number; readonly firedUpToMs: number | undefined; readonly isNew: boolean },
    nowMs: number,
  ): number {
    if (schedule.expression.type === 'rate' && progress.isNew && schedule.startMs === undefined) return nowMs - 1;
    if (schedule.expression.type === 'at') return progress.firedUpToMs ?? progress.anchorMs;
    return nowMs;
  }

  private fire(schedule: Schedule, scheduledMs: number): void {
    const { clock, random = Math.random } = this.options;
    const invocation = {
      id: randomUUID(),
      scheduleArn: schedule.arn,
      target: schedule.target,
      scheduledMs,
      createdMs: clock.now(),
      attempts: 0,
      dueAtMs: clock.now() + Math.floor(random() * schedule.windowMs),
    };
    this.store.addInvocation(invocation);
    this.invoker.enqueue(invocation);
  }
}
