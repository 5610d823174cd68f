import type { Value, ValueType } from './feature.ts';

/** A way to make an expression of others. `apply` answers undefined where the expression has no sound value. */
export interface Operator {
  readonly takes: readonly ValueType[];
  readonly gives: ValueType;
  /** The order of the two arguments does not matter. */
  readonly isSymmetric?: boolean;
  write(...parts: readonly string[]): string;
  apply(...values: readonly Value[]): Value | undefined;
}

const maxText = 200;
const maxNumber = 1e9;

const sound = (value: number): number | undefined =>
  Number.isFinite(value) && Math.abs(value) <= maxNumber ? value + 0 : undefined;
const short = (value: string): string | undefined => (value.length <= maxText ? value : undefined);

type Numbers = (left: number, right: number) => number | boolean;

function onNumbers(
  gives: ValueType,
  write: (a: string, b: string) => string,
  apply: Numbers,
  isSymmetric = false,
): Operator {
  return {
    takes: ['number', 'number'],
    gives,
    isSymmetric,
    write: (a = '', b = '') => write(a, b),
    apply(a, b) {
      if (typeof a !== 'number' || typeof b !== 'number') return undefined;
      const value = apply(a, b);
      return typeof value === 'number' ? sound(value) : value;
    },
  };
}

function onText(gives: ValueType, write: (a: string) => string, apply: (text: string) => Value): Operator {
  return {
    takes: ['string'],
    gives,
    write: (a = '') => write(a),
    apply: (a) => (typeof a === 'string' ? apply(a) : undefined),
  };
}

function onTexts(
  gives: ValueType,
  write: (a: string, b: string) => string,
  apply: (a: string, b: string) => Value,
): Operator {
  return {
    takes: ['string', 'string'],
    gives,
    write: (a = '', b = '') => write(a, b),
    apply(a, b) {
      if (typeof a !== 'string' || typeof b !== 'string') return undefined;
      const value = apply(a, b);
      return typeof value === 'string' ? short(value) : value;
    },
  };
}

function onTextAndNumber(
  write: (a: string, b: string) => string,
  apply: (text: string, count: number) => string,
): Operator {
  return {
    takes: ['string', 'number'],
    gives: 'string',
    write: (a = '', b = '') => write(a, b),
    apply(a, b) {
      if (typeof a !== 'string' || typeof b !== 'number' || !Number.isInteger(b) || b < -maxText || b > maxText)
        return undefined;
      return short(apply(a, b));
    },
  };
}

/** Of a list that holds something. */
function onList(write: (a: string) => string, apply: (list: readonly number[]) => number | undefined): Operator {
  return {
    takes: ['number[]'],
    gives: 'number',
    write: (a = '') => write(a),
    apply: (a) => {
      const value = Array.isArray(a) ? apply(a) : undefined;
      return value === undefined ? undefined : sound(value);
    },
  };
}

const numbers: readonly Operator[] = [
  onNumbers(
    'number',
    (a, b) => `(${a} + ${b})`,
    (a, b) => a + b,
    true,
  ),
  onNumbers(
    'number',
    (a, b) => `(${a} - ${b})`,
    (a, b) => a - b,
  ),
  onNumbers(
    'number',
    (a, b) => `(${a} * ${b})`,
    (a, b) => a * b,
    true,
  ),
  onNumbers(
    'number',
    (a, b) => `(${a} / ${b})`,
    (a, b) => a / b,
  ),
  onNumbers(
    'number',
    (a, b) => `(${a} % ${b})`,
    (a, b) => a % b,
  ),
  onNumbers('number', (a, b) => `Math.max(${a}, ${b})`, Math.max, true),
  onNumbers('number', (a, b) => `Math.min(${a}, ${b})`, Math.min, true),
  onNumbers(
    'boolean',
    (a, b) => `(${a} < ${b})`,
    (a, b) => a < b,
  ),
  onNumbers(
    'boolean',
    (a, b) => `(${a} === ${b})`,
    (a, b) => a === b,
    true,
  ),
  ...[Math.abs, Math.floor].map(
    (rule): Operator => ({
      takes: ['number'],
      gives: 'number',
      write: (a = '') => `Math.${rule.name}(${a})`,
      apply: (a) => (typeof a === 'number' ? rule(a) : undefined),
    }),
  ),
  {
    takes: ['number'],
    gives: 'string',
    write: (a = '') => `String(${a})`,
    apply: (a) => (typeof a === 'number' ? String(a) : undefined),
  },
];

const texts: readonly Operator[] = [
  onTexts(
    'string',
    (a, b) => `(${a} + ${b})`,
    (a, b) => a + b,
  ),
  onTexts(
    'string',
    (a, b) => `(${a}.split(${b})[0] ?? '')`,
    (a, b) => a.split(b)[0] ?? '',
  ),
  onTexts(
    'string',
    (a, b) => `(${a}.split(${b}).at(-1) ?? '')`,
    (a, b) => a.split(b).at(-1) ?? '',
  ),
  onTexts(
    'boolean',
    (a, b) => `${a}.includes(${b})`,
    (a, b) => a.includes(b),
  ),
  onTexts(
    'boolean',
    (a, b) => `${a}.startsWith(${b})`,
    (a, b) => a.startsWith(b),
  ),
  onTexts(
    'boolean',
    (a, b) => `${a}.endsWith(${b})`,
    (a, b) => a.endsWith(b),
  ),
  onTexts(
    'boolean',
    (a, b) => `(${a} === ${b})`,
    (a, b) => a === b,
  ),
  onText(
    'string',
    (a) => `${a}.toUpperCase()`,
    (a) => a.toUpperCase(),
  ),
  onText(
    'string',
    (a) => `${a}.toLowerCase()`,
    (a) => a.toLowerCase(),
  ),
  onText(
    'string',
    (a) => `${a}.trim()`,
    (a) => a.trim(),
  ),
  onText(
    'string',
    (a) => `${a}.split('').reverse().join('')`,
    (a) => a.split('').toReversed().join(''),
  ),
  onText(
    'number',
    (a) => `${a}.length`,
    (a) => a.length,
  ),
  onTextAndNumber(
    (a, b) => `${a}.slice(0, ${b})`,
    (a, b) => a.slice(0, b),
  ),
  onTextAndNumber(
    (a, b) => `${a}.slice(${b})`,
    (a, b) => a.slice(b),
  ),
  onTextAndNumber(
    (a, b) => `${a}.repeat(Math.max(0, ${b}))`,
    (a, b) => a.repeat(a.length > 50 ? 0 : Math.max(0, b)),
  ),
];

const lists: readonly Operator[] = [
  onList(
    (a) => `${a}.length`,
    (list) => list.length,
  ),
  onList(
    (a) => `${a}.reduce((total, each) => total + each, 0)`,
    (list) => list.reduce((total, each) => total + each, 0),
  ),
  onList(
    (a) => `Math.max(...${a})`,
    (list) => Math.max(...list),
  ),
  onList(
    (a) => `Math.min(...${a})`,
    (list) => Math.min(...list),
  ),
  onList(
    (a) => `(${a}[0] ?? 0)`,
    (list) => list[0] ?? 0,
  ),
  onList(
    (a) => `(${a}.at(-1) ?? 0)`,
    (list) => list.at(-1) ?? 0,
  ),
];

const booleans: readonly Operator[] = [
  {
    takes: ['boolean'],
    gives: 'boolean',
    write: (a = '') => `!${a}`,
    apply: (a) => (typeof a === 'boolean' ? !a : undefined),
  },
  ...['&&', '||'].map(
    (sign): Operator => ({
      takes: ['boolean', 'boolean'],
      gives: 'boolean',
      isSymmetric: true,
      write: (a = '', b = '') => `(${a} ${sign} ${b})`,
      apply(a, b) {
        if (typeof a !== 'boolean' || typeof b !== 'boolean') return undefined;
        return sign === '&&' ? a && b : a || b;
      },
    }),
  ),
];

/** Everything an expression may be made of, besides parameters, constants and conditions. */
export const operators: readonly Operator[] = [...numbers, ...texts, ...lists, ...booleans];
