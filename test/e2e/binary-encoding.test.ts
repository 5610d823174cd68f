import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { ReviewReport } from '../../examples/code-review/analysers/report/build-report.ts';
import { planted, plantProject } from './support/planted-project.ts';

const script = join(import.meta.dirname, '..', '..', 'scripts', 'start.ts');

/** A review by seven agents, all of them in one encoding. */
const review = async (project: string, encoding: 'json' | 'binary') => {
  const report = join(project, '..', `${encoding}.json`);
  await promisify(execFile)(process.execPath, [script, '--once', '--path', project, '--report', report], {
    env: { ...process.env, MUSTER_ENCODING: encoding },
  });
  const { consensus, ...found } = ReviewReport.parse(JSON.parse(await readFile(report, 'utf8')));
  // Who is asked before nothing can change any more is chance; what is decided is not.
  return { ...found, decision: consensus?.decision };
};

it('gives the same review with every agent in the binary encoding', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-binary-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const project = join(folder, 'project');
  await plantProject(project);
  const [json, binary] = await Promise.all([review(project, 'json'), review(project, 'binary')]);
  expect(binary).toEqual(json);
  expect(binary.findings.map(({ rule, file, line }) => `${rule} ${file}:${line}`)).toEqual(
    expect.arrayContaining([...planted]),
  );
});
