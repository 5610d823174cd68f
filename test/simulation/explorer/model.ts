import { createHash } from 'node:crypto';
import type { Slots } from '#core/agents/agent.ts';
import type { Claim } from '#core/agents/slots.ts';
import type { Key } from '#core/contract/keys.ts';
import type { Item, Put, Update, Written } from '#core/table/table.ts';
import type { Task } from '#core/tasks/task.ts';
import { allHold, applyUpdate } from '#test/support/evaluate.ts';
import { ClauseLog, type Guards, writeName } from '../clause-log.ts';
import type { Court } from '../court.ts';
import { judge } from '../monitor.ts';

/** Where a process stands. Plain values only: two locals that print alike are alike. */
export interface Local {
  readonly pc: string;
  readonly task?: Task;
  readonly slots?: Slots;
  readonly claim?: Claim;
  readonly voidRev?: number;
  readonly [name: string]: unknown;
}

export const done: Local = { pc: 'done' };

/** The table as one step of a process reaches it. A step makes at most one call: that is what makes it a step. */
export interface Memory {
  get(key: Key): Item | undefined;
  write(request: Put | Update): Written;
}

export interface Process {
  readonly name: string;
  readonly start: Local;
  /** What may come of the next step. Several where the process chooses freely. */
  step(local: Local, memory: Memory): Local | readonly Local[];
}

export interface Configuration {
  readonly name: string;
  readonly items: readonly Item[];
  readonly processes: readonly Process[];
  /** What must hold once every process has ended or died, and a last sweep has run undisturbed. */
  readonly menders: readonly Process[];
  quiet(court: Court): void;
}

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  readonly clauses: ClauseLog['uses'];
  /** The first violation met, on a shortest path: breadth first. */
  readonly violation: { readonly rule: string; readonly message: string; readonly path: readonly string[] } | undefined;
}

export interface ExplorationOptions {
  /** Takes named clauses away from every write that has them. */
  readonly drop?: Guards | undefined;
  /** Writes of this name are answered as won and never made. */
  readonly skip?: string | undefined;
  /** @default 2 million */
  readonly maxStates?: number;
}

interface State {
  readonly items: ReadonlyMap<string, Item>;
  readonly locals: readonly Local[];
  readonly trail: Trail | undefined;
}

interface Trail {
  readonly label: string;
  readonly before: Trail | undefined;
}

const keyText = ({ pk, sk }: Key): string => `${pk} ${sk}`;

/** What only counts up decides nothing: states that differ in it alone are one. */
const withoutCounts = (key: string, value: unknown): unknown =>
  key === 'taken' || key === 'given' ? undefined : value;

const printed = new WeakMap<object, string>();
const print = (value: object): string => {
  const known = printed.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value, withoutCounts);
  printed.set(value, text);
  return text;
};

/** Parts are printed by themselves, for they are shared by many locals. */
const printLocal = (local: Local): string =>
  Object.entries(local)
    .map(([name, value]) => `${name}:${typeof value === 'object' && value !== null ? print(value) : String(value)}`)
    .join('|');

const fingerprint = ({ items, locals }: State): string => {
  const hash = createHash('md5');
  for (const item of items.values()) hash.update(print(item));
  for (const local of locals) hash.update(`${printLocal(local)};`);
  return hash.digest('base64');
};

const pathOf = (trail: Trail | undefined): readonly string[] =>
  trail === undefined ? [] : [...pathOf(trail.before), trail.label];

class Found extends Error {
  readonly rule: string;
  constructor(rule: string, message: string) {
    super(message);
    this.rule = rule;
  }
}

const courtOf = (items: ReadonlyMap<string, Item>): Court => ({
  violate: (rule, message) => {
    throw new Found(rule, message);
  },
  trace: () => undefined,
  item: (key) => items.get(keyText(key)),
});

/** Explores every interleaving of a configuration, with each process dying at any point, by breadth and by state. */
export class Explorer {
  private readonly configuration: Configuration;
  private readonly options: ExplorationOptions;
  private readonly clauses: ClauseLog;
  private steps = 0;

  constructor(configuration: Configuration, options: ExplorationOptions = {}) {
    this.configuration = configuration;
    this.options = options;
    this.clauses = new ClauseLog(options.drop);
  }

  run(): Exploration {
    const { items, processes } = this.configuration;
    const first: State = {
      items: new Map(items.map((item) => [keyText({ pk: String(item['pk']), sk: String(item['sk']) }), item])),
      locals: processes.map(({ start }) => start),
      trail: undefined,
    };
    const seen = new Set([fingerprint(first)]);
    let frontier: readonly State[] = [first];
    while (frontier.length > 0 && seen.size < (this.options.maxStates ?? 2_000_000)) {
      const next: State[] = [];
      for (const state of frontier) {
        const met = this.visit(state, seen, next);
        if (met !== undefined) return this.report(seen.size, met);
      }
      frontier = next;
    }
    return this.report(seen.size, frontier.length === 0 ? undefined : this.tooMany());
  }

  private tooMany(): NonNullable<Exploration['violation']> {
    return {
      rule: 'the model is explored completely',
      message: `more than ${this.options.maxStates} states`,
      path: [],
    };
  }

  private report(states: number, violation: Exploration['violation']): Exploration {
    return { states, steps: this.steps, clauses: this.clauses.uses, violation };
  }

  private visit(state: State, seen: Set<string>, next: State[]): Exploration['violation'] {
    let isOver = true;
    for (const [index, process] of this.configuration.processes.entries()) {
      const local = state.locals[index] ?? done;
      if (local.pc === 'done') continue;
      isOver = false;
      const outcome = this.tryStep(state, index, process, local);
      if ('rule' in outcome) return outcome;
      // A process may die instead of its next step; what it wrote stays.
      const died = this.moved(state, index, done, `${process.name} dies before ${local.pc}`);
      for (const after of [...outcome.states, died]) {
        const print = fingerprint(after);
        if (seen.has(print)) continue;
        seen.add(print);
        next.push(after);
      }
    }
    return isOver ? this.mend(state) : undefined;
  }

  private moved(state: State, index: number, local: Local, label: string, items = state.items): State {
    const locals = state.locals.with(index, local);
    return { items, locals, trail: { label, before: state.trail } };
  }

  private tryStep(
    state: State,
    index: number,
    process: Process,
    local: Local,
  ): { readonly states: readonly State[] } | NonNullable<Exploration['violation']> {
    this.steps += 1;
    const label = `${process.name}: ${local.pc}`;
    try {
      const { items, locals } = this.step(state.items, process, local);
      return { states: locals.map((after) => this.moved(state, index, after, label, items)) };
    } catch (error) {
      if (error instanceof Found)
        return { rule: error.rule, message: error.message, path: pathOf({ label, before: state.trail }) };
      throw error;
    }
  }

  private step(
    items: ReadonlyMap<string, Item>,
    process: Process,
    local: Local,
  ): { readonly items: ReadonlyMap<string, Item>; readonly locals: readonly Local[] } {
    let current = items;
    const memory: Memory = {
      get: (key) => current.get(keyText(key)),
      write: (request) => {
        const [written, after] = this.write(current, request, process.name);
        current = after;
        return written;
      },
    };
    const after = process.step(local, memory);
    return { items: current, locals: 'pc' in after ? [after] : after };
  }

  private write(
    items: ReadonlyMap<string, Item>,
    request: Put | Update,
    by: string,
  ): readonly [Written, ReadonlyMap<string, Item>] {
    const text = keyText(request.key);
    const before = items.get(text);
    const operation = 'item' in request ? 'put' : 'update';
    const name = writeName(operation, request);
    this.clauses.note(name, request.clauses, before);
    if (name === this.options.skip) return [{ won: true, item: before ?? {} }, items];
    if (!allHold(this.clauses.pass(name, request.clauses), before)) return [{ won: false, item: before }, items];
    const after = 'item' in request ? { ...request.item, ...request.key } : applyUpdate(request, before);
    if (after === undefined) return [{ won: true, item: before ?? {} }, items];
    const changed = new Map(items).set(text, after);
    judge(courtOf(changed), request.key, { by, operation, before, after });
    return [{ won: true, item: after }, changed];
  }

  /** Everybody has ended or died: one undisturbed sweep must leave nothing behind. */
  private mend(state: State): Exploration['violation'] {
    const { configuration } = this;
    let { items } = state;
    try {
      for (const mender of configuration.menders) items = this.runAlone(items, mender);
      configuration.quiet(courtOf(items));
    } catch (error) {
      if (error instanceof Found)
        return { rule: error.rule, message: error.message, path: [...pathOf(state.trail), 'a last sweep'] };
      throw error;
    }
    return undefined;
  }

  private runAlone(items: ReadonlyMap<string, Item>, process: Process): ReadonlyMap<string, Item> {
    let current = items;
    let local = process.start;
    while (local.pc !== 'done') {
      const stepped = this.step(current, process, local);
      current = stepped.items;
      local = stepped.locals[0] ?? done;
    }
    return current;
  }
}
