import { isDeepStrictEqual } from 'node:util';
import type { Implementation, Pair, Plan, Requirements, Value, ValueType } from './feature.ts';
import { type Operator, operators } from './grammar.ts';

/** An expression with what it gives for each row. */
interface Term {
  readonly type: ValueType;
  readonly size: number;
  readonly code: string;
  readonly values: readonly Value[];
}

interface Choice {
  readonly code: string;
  readonly size: number;
}

/** Rows are bits of a number. */
const maxRows = 20;
const conditionSize = 1;
/** A condition joins three expressions: it may be larger than what is enumerated, yet not so large that it fits anything. */
const conditionalSize = 2.5;
const maxConditions = 2;

/**
 * The smallest function of the grammar that gives the result of every row: expressions are enumerated by size, one for
 * each behaviour on the rows, and joined by conditions when none fits alone.
 */
export function synthesise(
  requirements: Pick<Requirements, 'parameters' | 'returns' | 'given'>,
  plan: Plan,
  counterexamples: readonly Pair[] = [],
): Implementation {
  // What was got wrong before says more than another row of the table.
  const rows = [...counterexamples, ...requirements.given].slice(0, maxRows);
  const search = new Search(requirements, plan, rows);
  for (let size = 1; size <= plan.maxSize && search.hasRoom; size += 1) {
    search.grow(size);
    const found = search.best(size * conditionalSize);
    if (found !== undefined)
      return { code: writeFunction(plan.signature, found.code), size: found.size, explored: search.explored };
  }
  return { explored: search.explored };
}

function writeFunction(signature: string, expression: string): string {
  return `${signature} {\n  return ${withoutOuterParentheses(expression)};\n}\n`;
}

function withoutOuterParentheses(code: string): string {
  if (!code.startsWith('(') || !code.endsWith(')')) return code;
  let depth = 0;
  for (const [index, letter] of code.split('').entries()) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth === 0 && index < code.length - 1) return code;
  }
  return code.slice(1, -1);
}

/** The growing set of expressions. */
class Search {
  explored = 0;
  readonly #plan: Plan;
  readonly #rows: readonly Pair[];
  readonly #returns: ValueType;
  readonly #bySize = new Map<string, Term[]>();
  readonly #seen = new Set<string>();
  /** Which rows an expression of the result's type gets right: the smallest expression for each set. */
  readonly #right = new Map<number, Choice>();
  /** For which rows a condition holds: the smallest condition for each set. */
  readonly #conditions = new Map<number, Choice>();
  readonly #all: number;

  constructor(
    { parameters, returns }: Pick<Requirements, 'parameters' | 'returns'>,
    plan: Plan,
    rows: readonly Pair[],
  ) {
    this.#plan = plan;
    this.#rows = rows;
    this.#returns = returns;
    this.#all = 2 ** rows.length - 1;
    const constant = (type: ValueType, value: Value): Term => {
      const code = JSON.stringify(value);
      return { type, size: 1, code: code.startsWith('-') ? `(${code})` : code, values: rows.map(() => value) };
    };
    for (const [column, { name, type }] of parameters.entries())
      this.#add({ type, size: 1, code: name, values: rows.map(({ input }) => input[column] ?? 0) });
    for (const value of plan.constants.numbers) this.#add(constant('number', value));
    for (const value of plan.constants.strings) this.#add(constant('string', value));
    if (returns === 'boolean') for (const value of [true, false]) this.#add(constant('boolean', value));
  }

  get hasRoom(): boolean {
    return this.#seen.size < this.#plan.maxTerms;
  }

  /** Makes every expression of a size. */
  grow(size: number): void {
    if (size === 1) return;
    for (const operator of operators) {
      if (operator.takes.length === 1) this.#growUnary(operator, size);
      else this.#growBinary(operator, size);
      if (!this.hasRoom) return;
    }
  }

  /** The smallest choice that is right everywhere, up to a size. */
  best(size: number): Choice | undefined {
    return this.#cover(this.#all, maxConditions, size);
  }

  #growUnary(operator: Operator, size: number): void {
    for (const term of this.#terms(operator.takes[0], size - 1)) this.#make(operator, size, [term]);
  }

  #growBinary(operator: Operator, size: number): void {
    for (let first = 1; first <= size - 2; first += 1) {
      const second = size - 1 - first;
      if (operator.isSymmetric === true && first > second) return;
      for (const left of this.#terms(operator.takes[0], first)) {
        if (!this.hasRoom) return;
        for (const right of this.#terms(operator.takes[1], second)) this.#make(operator, size, [left, right]);
      }
    }
  }

  #make(operator: Operator, size: number, parts: readonly Term[]): void {
    this.explored += 1;
    const values: Value[] = [];
    for (const row of this.#rows.keys()) {
      const value = operator.apply(...parts.map((part) => part.values[row] ?? 0));
      if (value === undefined) return;
      values.push(value);
    }
    this.#add({ type: operator.gives, size, code: operator.write(...parts.map(({ code }) => code)), values });
  }

  #terms(type: ValueType | undefined, size: number): readonly Term[] {
    return this.#bySize.get(`${type} ${size}`) ?? [];
  }

  #add(term: Term): void {
    const behaviour = `${term.type} ${JSON.stringify(term.values)}`;
    if (this.#seen.has(behaviour)) return;
    this.#seen.add(behaviour);
    const key = `${term.type} ${term.size}`;
    const terms = this.#bySize.get(key);
    if (terms === undefined) this.#bySize.set(key, [term]);
    else terms.push(term);
    const { code, size } = term;
    if (term.type === this.#returns)
      keepFirst(
        this.#right,
        this.#rowsWhere((row) => isRight(term, row, this.#rows)),
        { code, size },
      );
    if (term.type === 'boolean')
      keepFirst(
        this.#conditions,
        this.#rowsWhere((row) => term.values[row] === true),
        { code, size },
      );
  }

  #rowsWhere(holds: (row: number) => boolean): number {
    let set = 0;
    for (const row of this.#rows.keys()) if (holds(row)) set |= 1 << row;
    return set;
  }

  /** An expression right for a set of rows, with so many conditions and up to a size. */
  #cover(set: number, conditions: number, size: number): Choice | undefined {
    let best: Choice | undefined;
    for (const [right, choice] of this.#right)
      if ((set & ~right) === 0 && choice.size <= size && choice.size < (best?.size ?? Infinity)) best = choice;
    // One right everywhere alone is what the table means; a condition only where there is none.
    if (best !== undefined || conditions === 0) return best;
    return this.#coverByCondition(set, conditions, size);
  }

  #coverByCondition(set: number, conditions: number, size: number): Choice | undefined {
    let best: Choice | undefined;
    for (const [holds, condition] of this.#conditions) {
      const limit = Math.min(size, (best?.size ?? Infinity) - 1) - condition.size - conditionSize;
      if (limit < 2 || (set & holds) === 0 || (set & ~holds) === 0) continue;
      const then = this.#cover(set & holds, 0, limit - 1);
      const otherwise = then === undefined ? undefined : this.#cover(set & ~holds, conditions - 1, limit - then.size);
      if (then === undefined || otherwise === undefined) continue;
      best = {
        code: `(${condition.code} ? ${then.code} : ${otherwise.code})`,
        size: condition.size + then.size + otherwise.size + conditionSize,
      };
    }
    return best;
  }
}

function isRight(term: Term, row: number, rows: readonly Pair[]): boolean {
  return isDeepStrictEqual(term.values[row], rows[row]?.output);
}

function keepFirst(choices: Map<number, Choice>, set: number, choice: Choice): void {
  if (!choices.has(set)) choices.set(set, choice);
}
