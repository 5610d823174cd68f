import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { ReviewReport } from '../../../examples/code-review/analysers/report/build-report.ts';
import { type Checker, Dice } from './checker.ts';

interface Project {
  readonly files: Record<string, string>;
  /** What is planted, as `rule file:line`. */
  readonly planted: string[];
  readonly isUnsafe: boolean;
}

/** Files whose every fault is put there. */
const make = (seed: number): Project => {
  const dice = new Dice(seed);
  const files: Record<string, string> = {};
  const planted: string[] = [];
  const isUnsafe = dice.chance(0.5);
  const isBroken = dice.chance(0.4);
  const isLoose = dice.chance(0.5);
  const count = dice.whole(4, 9);
  for (let index = 0; index < count; index += 1) {
    const path = `src/part${index}.js`;
    const lines = [
      `export const value${index} = ${dice.whole(1, 99)};`,
      ...dice.times(dice.whole(0, 5), () => '// calm'),
    ];
    const plant = (rule: string, line: string): void => {
      planted.push(`${rule} ${path}:${lines.push(line)}`);
    };
    if (isLoose) plant('style/loose-equality', `export const same${index} = (a, b) => a == b;`);
    if (isUnsafe && index % 2 === 0)
      plant('security/dynamic-code', `export const run${index} = (request) => eval(request.body);`);
    files[path] = `${lines.join('\n')}\n`;
  }
  if (isBroken) {
    files['src/broken.js'] = 'const a = 1;\nconst b = ;\n';
    planted.push('syntax/parse-error src/broken.js:2');
  }
  const imports = Object.keys(files).filter((path) => !path.includes('broken'));
  files['test/all.test.js'] = imports.map((path) => `import '../${path}';\n`).join('');
  return { files, planted, isUnsafe };
};

/** Security vetoes; else three of five decide. Who is against by how much is planted, and by how many modules no test reaches. */
const decisionOn = ({ files, planted, isUnsafe }: Project, untested: number): string => {
  const count = Object.keys(files).length;
  const plantedBy = (agent: string): number => planted.filter((each) => each.startsWith(agent)).length;
  const against = [
    plantedBy('syntax/') > 0,
    plantedBy('style/') > Math.floor(count / 5),
    untested > Math.floor(count / 4),
  ];
  return isUnsafe || against.every(Boolean) ? 'request_changes' : 'approve';
};

const folders = new Map<number, string>();
const folderOf = (seed: number): string => {
  const known = folders.get(seed);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), `muster-review-${seed}-`));
  for (const [path, text] of Object.entries(make(seed).files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  folders.set(seed, folder);
  return folder;
};

/** Folders that were made for seeds. */
export const reviewedFolders = (): string[] => [...folders.values()];

export const codeReviewChecker: Checker = {
  input: (seed) => ({ directory: folderOf(seed) }),
  async check(seed, given) {
    const project = make(seed);
    const { planted, files } = project;
    const report = ReviewReport.parse(given);
    const decision = decisionOn(project, report.findings.filter(({ rule }) => rule.startsWith('tests/')).length);
    const found = report.findings
      .filter(({ rule }) => !rule.startsWith('tests/'))
      .map(({ rule, file, line }) => `${rule} ${file}:${line}`);
    expect(found.toSorted()).toEqual(planted.toSorted());
    expect(report.summary.files).toBe(Object.keys(files).length);
    expect(report.consensus?.decision).toBe(decision);
    const security = report.consensus?.votes.find(({ agent }) => agent === 'security');
    if (project.isUnsafe) expect(security).toMatchObject({ decision: 'request_changes' });
  },
};
