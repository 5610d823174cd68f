import { stripTypeScriptTypes } from 'node:module';
import { expect } from 'vitest';
import { Feature } from '../../../examples/feature-team/feature.ts';
import { type Checker, Dice } from './checker.ts';

type Arguments = readonly unknown[];
interface Hidden {
  readonly makes: readonly ((dice: Dice) => unknown)[];
  readonly rule: (...values: Arguments) => unknown;
}

const mirror = (text: string): string => text.split('').toReversed().join('');
const numbersOf = (items: unknown): number[] => (Array.isArray(items) ? items.map(Number) : []);
const whole = (dice: Dice): number => dice.whole(-20, 40);
const small = (dice: Dice): number => dice.whole(0, 12);
const names = ['Ada', 'Grace', 'Linus', 'Margaret', 'Edsger', 'Barbara', 'Tony', 'Frances', 'Donald', 'Radia'];
const fullName = (dice: Dice): string => `${dice.pick(names)} ${dice.pick(names)}`;
const word = (dice: Dice): string =>
  dice.times(dice.whole(1, 7), () => dice.pick('abcdefgh'.split(''))).join('') + (dice.chance(0.3) ? 'ing' : '');
const maybeMirrored = (dice: Dice): string => {
  const half = word(dice);
  return dice.chance(0.5) ? half + mirror(half) : half + word(dice);
};
const list = (dice: Dice): number[] => dice.times(dice.whole(1, 6), () => dice.whole(-9, 30));

/** What the tables are made of. The agents see pairs only. */
const hidden: readonly Hidden[] = [
  { makes: [whole, whole], rule: (x, y) => 2 * Number(x) + Number(y) },
  { makes: [whole, whole, small], rule: (x, y, z) => Math.max(Number(x), Number(y)) - Number(z) },
  {
    makes: [whole, whole],
    rule: (x, y) => (Number(x) < Number(y) ? Number(y) - Number(x) : Number(x) + Number(y)),
  },
  { makes: [fullName], rule: (name) => `${String(name).split(' ')[0]}!` },
  { makes: [word], rule: (text) => String(text).toUpperCase() + String(text).length },
  { makes: [word], rule: (text) => String(text).replace(/ing$/, '') },
  { makes: [list], rule: (items) => Math.max(...numbersOf(items)) - Math.min(...numbersOf(items)) },
  { makes: [whole], rule: (x) => Number(x) % 2 === 0 },
  { makes: [maybeMirrored], rule: (text) => text === mirror(String(text)) },
];

const scramble = (value: unknown): number =>
  JSON.stringify(value)
    .split('')
    .reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);

/** The tenth has no rule that a reader could find. */
const hiddenOf = (seed: number): Hidden =>
  hidden[seed - 1] ?? { makes: [whole, whole], rule: (...values) => scramble(values) };

const argumentsFor = ({ makes }: Hidden, dice: Dice): Arguments => makes.map((make) => make(dice));

export const featureTeamChecker: Checker = {
  input(seed) {
    const dice = new Dice(seed);
    const rule = hiddenOf(seed);
    const known = new Map(
      dice.times(60, () => argumentsFor(rule, dice)).map((values) => [JSON.stringify(values), values]),
    );
    const pairs = [...known.values()].slice(0, 40).map((input) => ({ input, output: rule.rule(...input) }));
    return { name: `hidden${seed}`, pairs };
  },
  async check(seed, report) {
    const feature = Feature.parse(report);
    if (hidden[seed - 1] === undefined) {
      expect(feature.verdict).not.toBe('passed');
      return;
    }
    expect(feature).toMatchObject({ verdict: 'passed', failed: 0 });
    expect(feature.passed).toBeGreaterThanOrEqual(15);
    const rule = hiddenOf(seed);
    const module = `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(feature.code))}`;
    const made: Record<string, (...values: Arguments) => unknown> = await import(/* @vite-ignore */ module);
    const dice = new Dice(seed + 1000);
    for (const values of dice.times(200, () => argumentsFor(rule, dice)))
      expect({ values, gives: made[feature.name]?.(...values) }).toEqual({ values, gives: rule.rule(...values) });
  },
};
