import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decided, recordsOf, trustFrom, trustOfType } from '#core/conflicts/learn.ts';
import { resolveReport, type TrustOf } from '#core/conflicts/resolve.ts';
import { ConflictReport, ConflictSettings, type Position } from '#core/contract/conflict.ts';

const usual = ConflictSettings.parse({});
const everybody: TrustOf = () => 1;

const report = (positions: readonly object[], severity = 'high') =>
  ConflictReport.parse({ type: 'design', severity, positions });

const two = (first: number, second: number, evidence: readonly [unknown[], unknown[]] = [['a'], ['b']]) =>
  report([
    { agentId: 'architect', position: 'REST', confidence: first, evidence: evidence[0] },
    { agentId: 'backend', position: 'gRPC', confidence: second, evidence: evidence[1] },
  ]);

describe('the documents’ case (CR-7)', () => {
  it.each([
    ['with evidence', [['a'], ['b']]],
    ['without any', [[], []]],
  ] as const)('0.8 against 0.9, severity high, is resolved without people %s', (_what, evidence) => {
    const { proposal, reasons } = resolveReport(two(0.8, 0.9, [[...evidence[0]], [...evidence[1]]]), usual, everybody);
    expect([proposal, reasons]).toEqual(['gRPC', []]);
  });

  it('0.85 against 0.9 is put before people', () => {
    expect(resolveReport(two(0.85, 0.9), usual, everybody).reasons).toEqual(['contested']);
    expect(resolveReport(two(0.85, 0.9, [[], []]), usual, everybody).reasons).toEqual(['contested']);
  });

  it('is decided otherwise when the evidence of the stronger is taken away', () => {
    expect(resolveReport(two(0.8, 0.9, [['a'], []]), usual, everybody)).toMatchObject({
      proposal: 'REST',
      reasons: [],
    });
  });

  it('needs no people any more when the evidence of either is taken away', () => {
    expect(resolveReport(two(0.85, 0.9, [[], ['b']]), usual, everybody)).toMatchObject({
      proposal: 'gRPC',
      reasons: [],
    });
    expect(resolveReport(two(0.85, 0.9, [['a'], []]), usual, everybody)).toMatchObject({
      proposal: 'REST',
      reasons: [],
    });
  });
});

describe('a conflict', () => {
  it.each([
    [
      'is critical',
      report(
        [
          { agentId: 'a', position: 1, confidence: 0.9 },
          { agentId: 'b', position: 2, confidence: 0.1 },
        ],
        'critical',
      ),
      usual,
      ['critical'],
    ],
    ['has no strong position', two(0.5, 0.69), usual, ['low_confidence']],
    [
      'is one of a tenant whose people decide all',
      two(0.8, 0.9),
      ConflictSettings.parse({ autoResolve: false }),
      ['auto_resolve_off'],
    ],
    [
      'is below the tenant’s own threshold',
      two(0.8, 0.9),
      ConflictSettings.parse({ threshold: 0.95 }),
      ['low_confidence'],
    ],
  ])('that %s goes to people', (_what, said, settings, reasons) => {
    expect(resolveReport(said, settings, everybody).reasons).toEqual(reasons);
  });

  it('exactly at the threshold is settled', () => {
    expect(resolveReport(two(0.5, 0.7), usual, everybody).reasons).toEqual([]);
  });

  it('counts what several hold as one position, and says who to ask and to tell', () => {
    const { weighed, rationale, actionItems } = resolveReport(
      report([
        { agentId: 'b', position: { x: 1, y: 2 }, confidence: 0.75, evidence: ['seen'] },
        { agentId: 'a', position: { y: 2, x: 1 }, confidence: 0.9, evidence: ['seen'] },
        { agentId: 'c', position: 'other', confidence: 0.95 },
      ]),
      usual,
      everybody,
    );
    expect(weighed).toMatchObject([
      { option: 'position-1', agents: ['a', 'b'], strength: 0.9, evidence: 2 },
      { option: 'position-2', agents: ['c'], strength: 0.665, evidence: 0 },
    ]);
    expect(rationale).toContain('position-1');
    expect(actionItems).toEqual([
      'Go on with "{"x":1,"y":2}".',
      'Tell c of the decision.',
      'Ask c for evidence of position-2.',
    ]);
  });
});

const positions: fc.Arbitrary<Position[]> = fc.array(
  fc.record({
    agentId: fc.constantFrom('a', 'b', 'c', 'd'),
    position: fc.constantFrom('x', 'y', 'z'),
    confidence: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    evidence: fc.array(fc.constant('e'), { maxLength: 2 }),
  }),
  { minLength: 2, maxLength: 6 },
);

describe('the rules', () => {
  it('do not look at the order in which positions are named', () => {
    fc.assert(
      fc.property(positions, fc.integer(), (said, turn) => {
        const at = Math.abs(turn) % said.length;
        const turned = [...said.slice(at), ...said.slice(0, at)];
        expect(resolveReport(report(turned), usual, everybody)).toEqual(resolveReport(report(said), usual, everybody));
      }),
    );
  });

  it('never make a position stronger than its holders say, nor by less evidence', () => {
    fc.assert(
      fc.property(positions, (said) => {
        const { weighed } = resolveReport(report(said), usual, everybody);
        for (const { strength, confidence } of weighed) expect(strength).toBeLessThanOrEqual(confidence);
        const [first] = weighed;
        const bare = said.map((one) => (one.position === first?.position ? { ...one, evidence: [] } : one));
        const again = resolveReport(report(bare), usual, everybody).weighed.find(
          ({ position }) => position === first?.position,
        );
        expect(again?.strength).toBeLessThanOrEqual(first?.strength ?? 0);
      }),
    );
  });

  it('settle only what is strong enough, held surely by one side alone, and not critical', () => {
    fc.assert(
      fc.property(positions, fc.constantFrom('low', 'medium', 'high', 'critical'), (said, severity) => {
        const { reasons, weighed, proposal } = resolveReport(report(said, severity), usual, everybody);
        const sure = weighed.filter(({ strength }) => strength > 0.8).length;
        const isFine = severity !== 'critical' && (weighed[0]?.strength ?? 0) >= 0.7 && sure < 2;
        expect(reasons.length === 0).toBe(isFine);
        expect(proposal).toEqual(weighed[0]?.position);
        expect(weighed.every(({ strength }) => strength <= (weighed[0]?.strength ?? 0))).toBe(true);
      }),
    );
  });
});

describe('what is learned', () => {
  const decided = (decision: string, escalated = true): Decided => ({
    type: 'design',
    status: 'RESOLVED',
    decision,
    escalated,
    weighed: resolveReport(two(0.85, 0.9), usual, everybody).weighed,
  });

  it('comes from what people decided, and not from the rules’ own decisions', () => {
    expect(
      recordsOf([decided('REST'), decided('gRPC', false)])
        .get('design')
        ?.get('backend'),
    ).toEqual({
      right: 0,
      wrong: 1,
    });
    expect(recordsOf([{ ...decided('REST'), status: 'UNRESOLVED' }]).size).toBe(0);
  });

  it('lets those count less who were overruled, at this type alone, and nobody more than it says', () => {
    const trust = trustOfType([decided('REST'), decided('REST'), decided('REST')], 'design');
    expect([trust('architect'), trust('backend'), trust('nobody')]).toEqual([1, 0.5, 1]);
    expect(trustOfType([decided('REST')], 'style')('backend')).toBe(1);
    expect(resolveReport(two(0.8, 0.9), usual, trust)).toMatchObject({ proposal: 'REST', reasons: [] });
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.nat({ max: 50 }), (right, wrong) => {
        expect(trustFrom({ right, wrong })).toBeLessThanOrEqual(1);
        expect(trustFrom({ right, wrong })).toBeGreaterThan(0);
        expect(trustFrom({ right: right + 1, wrong })).toBeGreaterThanOrEqual(trustFrom({ right, wrong }));
        expect(trustFrom({ right, wrong: wrong + 1 })).toBeLessThan(trustFrom({ right, wrong }));
      }),
    );
  });
});
