import { ANALYSERS } from '../analysers/analysers.ts';
import type { Finding } from '../analysers/finding.ts';
import type { LabelledCase } from './load-corpus.ts';

/** How right a rule is on the corpus. */
export interface RuleScore {
  readonly rule: string;
  readonly trueCases: number;
  readonly alikeCases: number;
  readonly precision: number;
  readonly recall: number;
  readonly misses: readonly string[];
}

interface Tally {
  found: number;
  expected: number;
  right: number;
  readonly misses: string[];
}

/** Scores every rule of the corpus; the last score is that of all rules together. */
export function measureCorpus(cases: readonly LabelledCase[]): RuleScore[] {
  const groups = Map.groupBy(cases, (each) => each.rule);
  const overall: Tally = { found: 0, expected: 0, right: 0, misses: [] };
  const scores = [...groups].map(([rule, group]) => {
    const tally: Tally = { found: 0, expected: 0, right: 0, misses: [] };
    for (const each of group) measureCase(each, tally);
    overall.found += tally.found;
    overall.expected += tally.expected;
    overall.right += tally.right;
    overall.misses.push(...tally.misses);
    return score(rule, group, tally);
  });
  return [...scores, score('overall', cases, overall)];
}

function measureCase(each: LabelledCase, tally: Tally): void {
  const first = each.files[0]?.path ?? '';
  const expected = new Set(each.lines.map((line) => `${first}:${line}`));
  const found = new Set(findingsOf(each).map((finding) => `${finding.file}:${finding.line}`));
  tally.found += found.size;
  tally.expected += expected.size;
  for (const place of expected) {
    if (found.has(place)) tally.right += 1;
    else tally.misses.push(`${each.rule} missed: ${each.name} (${place})`);
  }
  for (const place of found) if (!expected.has(place)) tally.misses.push(`${each.rule} wrong: ${each.name} (${place})`);
}

function findingsOf(each: LabelledCase): Finding[] {
  const agent = each.rule.split('/')[0] ?? '';
  const analyse = Object.entries(ANALYSERS).find(([name]) => name === agent)?.[1];
  if (analyse === undefined) throw new Error(`no analyser owns the rule ${each.rule}`);
  return analyse(each.files).filter((finding) => finding.rule === each.rule);
}

function score(rule: string, group: readonly LabelledCase[], tally: Tally): RuleScore {
  return {
    rule,
    trueCases: group.filter((each) => each.lines.length > 0).length,
    alikeCases: group.filter((each) => each.lines.length === 0).length,
    precision: tally.found === 0 ? 1 : tally.right / tally.found,
    recall: tally.expected === 0 ? 1 : tally.right / tally.expected,
    misses: tally.misses,
  };
}
