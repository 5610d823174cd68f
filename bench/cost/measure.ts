import { isFunctionName } from '#infra/config/functions.ts';
import type { RawSocket } from '#test/e2e/support/raw-socket.ts';
import { gbMsOf } from './durations.ts';
import { type Counts, type Rig, startRig } from './rig.ts';
import { type CostUnit, costUnits, type MonthUnit, monthUnits, type Stage } from './units.ts';

/** How often a unit is done before it is counted: environments are warm then, and remember what they can. */
const warmUps = 1;
/** How often a plain task and a run are counted: a run's stream can overtake its functions, a plain task's has nothing to. */
const repetitions = { task: 2, run: 1 } as const;

const difference = (before: Counts, after: Counts): Counts =>
  Object.fromEntries(
    Object.entries(after)
      .map(([unit, count]): [string, number] => [unit, count - (before[unit] ?? 0)])
      .filter(([, count]) => count !== 0),
  );

/** The least of what was counted, unit by unit: more is something else's, such as a timer of what was done before. */
const least = (counts: readonly Counts[]): Counts => {
  const units = new Set(counts.flatMap((one) => Object.keys(one)));
  return Object.fromEntries(
    [...units].toSorted().map((unit) => [unit, Math.min(...counts.map((one) => one[unit] ?? 0))]),
  );
};

/** Invocations by function become requests and GB-milliseconds. */
export const billableOf = (counts: Counts): Counts => {
  const bill: Record<string, number> = {};
  const add = (unit: string, count: number): void => void (bill[unit] = (bill[unit] ?? 0) + count);
  for (const [unit, count] of Object.entries(counts)) {
    const [, name = ''] = unit.split('lambda.requests:');
    if (isFunctionName(name)) {
      add('lambda.requests', count);
      add('lambda.gbMs', count * gbMsOf(name));
    } else add(unit, count);
  }
  return bill;
};

const capability = 'bench';

/** An agent with room for everything and a client, both connected. */
export const openStage = async (rig: Rig): Promise<Stage> => {
  const agent = await rig.socket();
  await agent.register({ name: 'bench', type: 'bench', capabilities: [capability], maxConcurrency: 100 });
  const several = async (count: number, capability: string, maxConcurrency: number): Promise<readonly RawSocket[]> => {
    const sockets: RawSocket[] = [];
    while (sockets.length < count) {
      const socket = await rig.socket();
      const name = `${capability}-${sockets.length}`;
      await socket.register({ name, type: 'bench', capabilities: [capability], maxConcurrency });
      sockets.push(socket);
    }
    return sockets;
  };
  const [fleet, voters] = [await several(10, 'part', 10), await several(3, 'vote', 1)];
  return { rig, agent, fleet, voters, client: await rig.socket() };
};

/** Agents that are silent for a minute get no work; this is no part of any unit. */
const stayAlive = async ({ agent, fleet, voters }: Stage): Promise<void> => {
  for (const one of [agent, ...fleet, ...voters]) await one.ask('agent.heartbeat', { tasks: [] });
};

const measure = async (stage: Stage, run: () => Promise<void>, times: number): Promise<Counts> => {
  for (let turn = 0; turn < warmUps; turn += 1) {
    await stayAlive(stage);
    await run();
  }
  const counted: Counts[] = [];
  while (counted.length < times) {
    await stayAlive(stage);
    const before = await stage.rig.settledCounts();
    await run();
    counted.push(difference(before, await stage.rig.settledCounts()));
  }
  return least(counted);
};

/** What one unit is counted at. */
export const measureUnit = async (stage: Stage, unit: CostUnit): Promise<Counts> => {
  const prepared = (await unit.prepare?.(stage)) ?? '';
  return measure(stage, () => unit.run(stage, prepared), unit.shape.runs > 0 ? repetitions.run : repetitions.task);
};

/** What a month is counted at: its parts, as often as they happen, and what goes by the month. */
export const measureMonth = async (stage: Stage, unit: MonthUnit): Promise<Counts> => {
  const total: Record<string, number> = { ...unit.fixed(stage) };
  for (const part of unit.parts) {
    const counts = await measure(stage, () => part.run(stage), repetitions.task);
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + part.times * count;
  }
  return total;
};

/** What was measured of a unit. */
export interface Measured {
  readonly id: string;
  readonly counts: Counts;
}

/** Everything, on a platform of its own. */
export const measureAll = async (progress: (line: string) => void): Promise<readonly Measured[]> => {
  const rig = await startRig();
  try {
    const stage = await openStage(rig);
    const measured: Measured[] = [];
    for (const unit of monthUnits) {
      progress(unit.title);
      measured.push({ id: unit.id, counts: billableOf(await measureMonth(stage, unit)) });
    }
    for (const unit of costUnits) {
      progress(unit.title);
      measured.push({ id: unit.id, counts: billableOf(await measureUnit(stage, unit)) });
    }
    return measured;
  } finally {
    await rig.stop();
  }
};
