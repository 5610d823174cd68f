import type { Slots } from '#core/agents/agent.ts';
import { Profile, rosterEntryOf } from '#core/agents/agent.ts';
import { keys } from '#core/contract/keys.ts';
import { timings } from '#core/contract/limits.ts';
import { isTerminal } from '#core/contract/task.ts';
import { whyNotFit, whyNotThis } from '#core/routing/candidate.ts';
import type { Task } from '#core/tasks/task.ts';
import { judgeEvents } from './judge-events.ts';
import { judgeLogs } from './judge-logs.ts';
import { modes } from './modes/modes.ts';
import type { Platform } from './platform.ts';
import type { Tenant } from './story.ts';
import type { World } from './world.ts';

const lookEveryMs = 5000;
/** One sweep, which may just have passed, its run time, and slack for a delivery. */
const assignWithinMs = timings.sweepMs + 30_000;
/** Times that skewed clocks wrote may lie this far ahead. */
const skewResidueMs = 7 * 60_000;
const settleMs = 150_000;

/** The calm after the storm: watches that work is handed out in time, and judges what is left at the end. */
export class Endgame {
  private readonly platform: Platform;
  private readonly tenants: readonly Tenant[];
  private readonly world: World;
  private readonly beganAt: number;
  private readonly couldRunSince = new Map<string, number>();
  private lookedAt = 0;
  private quiet = false;

  constructor(platform: Platform, tenants: readonly Tenant[]) {
    this.platform = platform;
    this.tenants = tenants;
    this.world = platform.world;
    this.beganAt = platform.world.now;
  }

  /** Whether nothing is left to do. Looks every few virtual seconds, and at L2 on the way. */
  isQuiet(): boolean {
    if (this.world.now - this.lookedAt < lookEveryMs) return this.quiet;
    this.lookedAt = this.world.now;
    this.watchWaiting();
    this.quiet = this.world.now - this.beganAt > settleMs && this.leftovers().length === 0;
    return this.quiet;
  }

  judge(): void {
    for (const { rule, message } of this.leftovers()) this.world.violate(rule, message);
    judgeEvents(this.platform);
    judgeLogs(this.platform.monitor);
  }

  private watchWaiting(): void {
    const residue = this.world.storm.skewMs > 60_000 ? skewResidueMs : settleMs;
    if (this.world.now - this.beganAt < residue) return;
    const { monitor } = this.platform;
    const slots = monitor.slots();
    for (const task of monitor.tasks()) {
      const could = task.status === 'QUEUED' && slots.some((agent) => this.couldTake(task, agent));
      if (!could) {
        this.couldRunSince.delete(task.taskId);
        continue;
      }
      const since = this.couldRunSince.get(task.taskId) ?? this.world.now;
      this.couldRunSince.set(task.taskId, since);
      if (this.world.now - since > assignWithinMs)
        this.world.violate(
          'L2 queued tasks are assigned in time',
          `${task.taskId} (${JSON.stringify(task.requirements)} cost ${task.slotCost}) waits since ${Math.round((this.world.now - since) / 1000)} s while somebody is free`,
        );
    }
  }

  private couldTake(task: Task, slots: Slots): boolean {
    if (slots.tenant !== task.tenant || task.excluded?.includes(slots.agentId) === true) return false;
    const profile = Profile.safeParse(this.platform.monitor.item(keys.profile(slots.tenant, slots.agentId)));
    if (!profile.success || whyNotFit(task, rosterEntryOf(profile.data)) !== undefined) return false;
    return whyNotThis({ ...task, slotCost: Math.max(1, task.slotCost) }, slots, this.world.now) === undefined;
  }

  /** What a day is given for, when nobody in the story hears of it: whoever raised it died before telling. */
  private waitsForPeople({ kind, deadlineAt }: Task): boolean {
    return kind === 'approval' && deadlineAt > this.world.now;
  }

  private leftovers(): readonly { rule: string; message: string }[] {
    const { monitor, executions } = this.platform;
    const tasks = monitor.tasks();
    const byId = new Set<string>(tasks.map(({ taskId }) => taskId));
    const accepted = this.tenants.flatMap(({ client }) => [...client.accepted]);
    return [
      ...tasks
        .filter((task) => !isTerminal(task.status) && !this.waitsForPeople(task))
        .map((task) => ({
          rule: 'I3 every task ends',
          message: `${task.taskId} is ${task.status} attempt ${task.attempt} agent ${String(task.agentName)} cost ${task.slotCost} needs ${JSON.stringify(task.requirements)}`,
        })),
      ...accepted
        .filter((id) => !byId.has(id))
        .map((id) => ({ rule: 'I3 accepted tasks stay', message: `${id} was accepted and is not there` })),
      ...monitor
        .slots()
        .filter(({ assigned }) => Object.keys(assigned).length > 0)
        .map(({ name, assigned }) => ({
          rule: 'S5 quiescent slots are free',
          message: `${name} holds ${JSON.stringify(assigned)}`,
        })),
      ...monitor
        .runs()
        .filter(({ status }) => !isTerminal(status))
        .map(({ runId, status }) => ({ rule: 'I3 every run ends', message: `${runId} is ${status}` })),
      ...[...executions.executions.values()]
        .filter(({ status }) => status === 'RUNNING')
        .map(({ runId, at }) => ({
          rule: 'L1 every token is answered',
          message: `the execution of ${runId} waits at stage ${at}`,
        })),
      ...monitor
        .stages()
        .filter((stage) => stage.status === 'OPEN')
        .map(({ runId, position }) => ({ rule: 'S6 every stage is decided', message: `${runId}#${position} is open` })),
      ...[this.platform.stream, this.platform.tasksQueue, this.platform.logs]
        .filter(({ open }) => open > 0)
        .map(({ open }) => ({ rule: 'every message is dealt with', message: `${open} are left` })),
      ...this.tenants
        .flatMap((tenant) => tenant.correspondence.missing())
        .map((message) => ({ rule: 'MSG-1 no acknowledged message is lost', message })),
      ...modes.flatMap((plot) => plot.leftovers?.(this.platform) ?? []),
    ];
  }
}
