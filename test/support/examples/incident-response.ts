import { expect } from 'vitest';
import { PostMortem } from '../../../examples/incident-response/incident.ts';
import { type Checker, Dice } from './checker.ts';

type Arguments = unknown[];
interface Planted {
  readonly right: string;
  readonly wrong: string;
  readonly name: string;
  readonly make: (dice: Dice) => Arguments;
  /** No small change makes it right. */
  readonly isHopeless?: boolean;
}

const orders = (dice: Dice): unknown =>
  dice.times(dice.whole(0, 4), () => ({ price: dice.whole(1, 50), count: dice.whole(1, 5) }));

/** Services as they should be, and with what slipped through. */
const planted: readonly Planted[] = [
  {
    name: 'cityOf',
    right: "export function cityOf(user) {\n  return (user.address?.city ?? '').toUpperCase();\n}\n",
    wrong: "export function cityOf(user) {\n  return (user.address.city ?? '').toUpperCase();\n}\n",
    make: (dice) => [
      dice.chance(0.4) ? {} : { address: dice.chance(0.2) ? {} : { city: dice.pick(['Bern', 'Oslo']) } },
    ],
  },
  {
    name: 'totalOf',
    right:
      'export function totalOf(cart) {\n  let sum = 0;\n  for (const line of cart.lines ?? []) sum += line.price * line.count;\n  return sum;\n}\n',
    wrong:
      'export function totalOf(cart) {\n  let sum = 0;\n  for (const line of cart.lines) sum += line.price * line.count;\n  return sum;\n}\n',
    make: (dice) => [dice.chance(0.4) ? {} : { lines: orders(dice) }],
  },
  {
    name: 'feeFor',
    right: 'export function feeFor(amount) {\n  if (amount >= 100) return 0;\n  return amount < 20 ? 5 : 3;\n}\n',
    wrong: 'export function feeFor(amount) {\n  if (amount > 100) return 0;\n  return amount < 20 ? 5 : 3;\n}\n',
    make: (dice) => [dice.chance(0.3) ? 100 : dice.whole(1, 200)],
  },
  {
    name: 'mayEnter',
    right: 'export function mayEnter(user) {\n  return user.isAdmin || (user.isMember && !user.isBlocked);\n}\n',
    wrong: 'export function mayEnter(user) {\n  return user.isAdmin || (user.isMember || !user.isBlocked);\n}\n',
    make: (dice) => [{ isAdmin: dice.chance(0.3), isMember: dice.chance(0.5), isBlocked: dice.chance(0.5) }],
  },
  {
    name: 'pageOf',
    right: 'export function pageOf(list, page) {\n  return list.slice((page - 1) * 3, page * 3);\n}\n',
    wrong: 'export function pageOf(list, page) {\n  return list.slice((page - 2) * 3, page * 3);\n}\n',
    make: (dice) => [dice.times(dice.whole(0, 12), (n) => n), dice.whole(1, 4)],
  },
  {
    name: 'meanOf',
    right:
      'export function meanOf(values) {\n  const sum = values.reduce((total, each) => total + each, 0);\n  return values.length === 0 ? 0 : sum / values.length;\n}\n',
    wrong:
      'export function meanOf(values) {\n  const sum = values.reduce((total, each) => total + each, 0);\n  return sum / values.length;\n}\n',
    make: (dice) => [dice.times(dice.chance(0.4) ? 0 : dice.whole(1, 5), () => dice.whole(1, 9))],
  },
  {
    name: 'codeOf',
    right:
      "export function codeOf(text) {\n  return text.split('').map((letter) => letter.charCodeAt(0)).sort().join('-');\n}\n",
    wrong: 'export function codeOf(text) {\n  return text.length;\n}\n',
    make: (dice) => [dice.times(dice.whole(1, 5), () => dice.pick('abcd'.split(''))).join('')],
    isHopeless: true,
  },
];

const helper = "export const version = '1.0';\n";

interface Case {
  readonly bug: Planted;
  readonly input: {
    readonly incident: Record<string, unknown> & { readonly startedAt: number };
    readonly service: Record<string, unknown>;
    readonly history: { severity: string; startedAt: number; resolvedAt: number }[];
  };
  readonly severity: string;
  readonly recurs: boolean;
}

type Functions = Record<string, (...values: Arguments) => unknown>;

const load = async (text: string): Promise<Functions> =>
  import(`data:text/javascript,${encodeURIComponent(text)}#${text.length}`);

const outcomeOf = (service: Functions, name: string, values: Arguments): unknown => {
  try {
    return JSON.parse(JSON.stringify(service[name]?.(...structuredClone(values)) ?? null));
  } catch {
    return 'thrown';
  }
};

/** Severity by figures and words as the ladder has it. */
const ladder = [
  { errorRate: 0.6, description: 'Many requests fail.', severity: 'sev1' },
  { errorRate: 0.02, description: 'A complete outage for all users.', severity: 'sev1' },
  { errorRate: 0.2, description: 'Some requests fail.', severity: 'sev2' },
  { errorRate: 0.001, description: 'Service is degraded.', severity: 'sev2' },
  { errorRate: 0.02, description: 'A few requests fail.', severity: 'sev3' },
];

const make = async (seed: number): Promise<Case> => {
  const dice = new Dice(seed);
  const bug = planted[(seed - 1) % planted.length];
  const rung = dice.pick(ladder);
  if (bug === undefined) throw new Error('no bug');
  const [right, wrong] = await Promise.all([load(bug.right), load(bug.wrong)]);
  const distinct = new Map(dice.times(120, () => bug.make(dice)).map((values) => [JSON.stringify(values), values]));
  const calls = [...distinct.values()].map((values) => ({
    name: bug.name,
    arguments: values,
    expected: outcomeOf(right, bug.name, values),
  }));
  const isWrong = (call: (typeof calls)[number]): boolean =>
    JSON.stringify(outcomeOf(wrong, bug.name, call.arguments)) !== JSON.stringify(call.expected);
  const failing = calls.filter(isWrong).slice(0, 10);
  const recorded = calls.filter((call) => !isWrong(call)).slice(0, 60);
  const recurs = seed % 4 === 0 && bug.isHopeless !== true;
  // What recurs is a call that nobody had before and that goes wrong in the same way after the repair.
  const isThrown = bug.name === 'cityOf';
  const again = isThrown ? { name: bug.name, arguments: [null] } : { ...failing[0], expected: 'something else' };
  const afterwards = recurs ? [again] : calls;
  const startedAt = 1_790_000_000_000 + seed * 1000;
  return {
    bug,
    severity: rung.severity,
    recurs,
    input: {
      incident: {
        title: `${bug.name} goes wrong`,
        description: rung.description,
        symptoms: ['support tickets'],
        affectedSystems: ['shop'],
        errors: [],
        errorRate: rung.errorRate,
        startedAt,
        detectedAt: startedAt + 60_000,
      },
      service: {
        files: { 'src/service.js': bug.wrong, 'src/version.js': helper },
        entry: 'src/service.js',
        recorded,
        failing,
        afterwards,
      },
      history: [{ severity: 'sev3', startedAt: 1000, resolvedAt: 601_000 }],
    },
  };
};

/** Cases are made by running services: they are there once this has resolved. */
const cases = new Map(
  await Promise.all(Array.from({ length: 10 }, async (_, index) => [index + 1, await make(index + 1)] as const)),
);
const caseOf = (seed: number): Case => {
  const found = cases.get(seed);
  if (found === undefined) throw new Error(`There is no case ${seed}`);
  return found;
};

export const incidentResponseChecker: Checker = {
  input: (seed) => caseOf(seed).input,
  async check(seed, given) {
    const report = PostMortem.parse(given);
    const { bug, severity, recurs, input } = caseOf(seed);
    expect(report.severity).toBe(severity);
    expect(report.timeToDetectMs).toBe(60_000);
    if (bug.isHopeless === true) {
      expect(report).toMatchObject({ status: 'no_hotfix', metrics: { incidents: 2, mttrMs: 600_000 } });
      expect(report.deployedBy).toBeUndefined();
      return;
    }
    const [right, repaired] = await Promise.all([load(bug.right), load(report.hotfix.after)]);
    const dice = new Dice(seed + 500);
    for (const values of dice.times(200, () => bug.make(dice)))
      expect({ values, gives: outcomeOf(repaired, bug.name, values) }).toEqual({
        values,
        gives: outcomeOf(right, bug.name, values),
      });
    expect(report.validations).toMatchObject({ tester: { isValid: true }, securityAuditor: { isValid: true } });
    // Never without a person.
    expect(report.deployedBy).toBeDefined();
    expect(report.status).toBe(recurs ? 'recurring' : 'resolved');
    if (recurs) return;
    const resolvedAt = input.incident.startedAt + (report.timeToResolveMs ?? 0);
    expect(report.timeline.at(-1)).toEqual({ at: resolvedAt, event: `deployed by ${report.deployedBy}` });
    expect(report.metrics.mttrMs).toBe(Math.round((600_000 + (report.timeToResolveMs ?? 0)) / 2));
  },
};
