import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { MockAgent } from '#sdk/index.ts';
import { ANALYSERS } from '../../../examples/code-review/analysers/analysers.ts';
import { ReviewReport } from '../../../examples/code-review/analysers/report/build-report.ts';
import { analyseEach, analyseTogether, recommendWork, writeReport } from '../../../examples/code-review/handlers.ts';
import { countTasks, planReview } from '../../../examples/code-review/review.ts';
import { RecommendOutput } from '../../../examples/code-review/tasks.ts';
import { type reviewVoters, voteAs } from '../../../examples/code-review/vote.ts';
import { codeReviewWorkflow } from '../../../examples/code-review/workflow.ts';

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'muster-review-')));
  await mkdir(join(root, 'src'));
  await writeFile(join(root, 'src/run.js'), 'export function run(request) {\n  return eval(request.body);\n}\n');
  await writeFile(join(root, 'src/broken.js'), 'const a = ;\n');
  await writeFile(join(root, 'src/old.js'), 'var a = 1;\nexport const b = a == 2;\n');
});

afterEach(() => rm(root, { recursive: true, force: true }));

const each = (name: 'syntax' | 'style' | 'complexity' | 'security') =>
  new MockAgent({ handler: analyseEach(ANALYSERS[name]) });

describe('planReview', () => {
  it('puts every source into exactly one batch', async () => {
    const plan = await planReview(root, { batchSize: 2 });
    expect(plan.root).toBe(root);
    expect(plan.files).toEqual(['src/broken.js', 'src/old.js', 'src/run.js']);
    expect(plan.batches).toEqual([['src/broken.js', 'src/old.js'], ['src/run.js']]);
    expect(countTasks(plan)).toBe(12);
  });
});

describe('codeReviewWorkflow', () => {
  it('is a definition that the contract takes', () => {
    expect(WorkflowDefinition.safeParse(codeReviewWorkflow).error).toBeUndefined();
  });

  it('finds what is planted, by the same handlers in the same order', async () => {
    const plan = await planReview(root, { batchSize: 2 });
    const analyse = (name: 'syntax' | 'style' | 'complexity' | 'security') =>
      Promise.all(plan.batches.map((files) => each(name).run({ type: `analyse.${name}`, input: { root, files } })));
    const tests = new MockAgent({ handler: analyseTogether(ANALYSERS.tests) });
    const analyses = {
      syntax: await analyse('syntax'),
      style: await analyse('style'),
      complexity: await analyse('complexity'),
      tests: await tests.run({ type: 'analyse.tests', input: { root, files: plan.files } }),
      security: await analyse('security'),
    };
    const recommended = await new MockAgent({ handler: recommendWork }).run({
      type: 'recommend',
      input: { analyses, files: plan.files },
    });
    const { recommendations, counts } = RecommendOutput.parse(recommended);
    const vote = async (name: (typeof reviewVoters)[number]) =>
      new MockAgent({ handler: voteAs(name) }).run({ type: 'vote.review', input: { question: counts } });
    expect(await vote('security')).toMatchObject({ decision: 'request_changes', confidence: 1 });
    expect(await vote('complexity')).toMatchObject({ decision: 'approve', reasoning: '0 findings, 0 allowed' });
    const { files, skipped, notAnalysed } = plan;
    const reportInput = { analyses, recommendations, files, skipped, notAnalysed };
    const report = ReviewReport.parse(
      await new MockAgent({ handler: writeReport }).run({ type: 'report', input: reportInput }),
    );

    const found = report.findings.map(({ rule, file, line }) => `${rule} ${file}:${line}`);
    expect(found).toContain('security/dynamic-code src/run.js:2');
    expect(found).toContain('syntax/parse-error src/broken.js:1');
    expect(found).toContain('style/no-var src/old.js:1');
    expect(found).toContain('style/loose-equality src/old.js:2');
    expect(report.summary.files).toBe(3);
    expect(report.recommendations.length).toBeGreaterThan(3);
  });
});

describe('analyseEach', () => {
  it.each([['../outside.js'], ['/etc/hostname'], ['src/../../outside.js'], ['src/link.js'], ['']])(
    'refuses %j, which leads out of the root',
    async (path) => {
      await symlink('/etc/hostname', join(root, 'src/link.js'));
      await expect(
        each('syntax').run({ type: 'analyse.syntax', input: { root, files: [path] } }),
      ).rejects.toMatchObject({
        code: path === '' ? 'INVALID_INPUT' : 'PATH_ESCAPES_ROOT',
        retryable: false,
      });
    },
  );

  it('refuses a root that is not absolute or not there', async () => {
    const run = (root: string) => each('syntax').run({ type: 'analyse.syntax', input: { root, files: [] } });
    await expect(run('src')).rejects.toMatchObject({ code: 'INVALID_ROOT' });
    await expect(run('/does/not/exist')).rejects.toMatchObject({ code: 'INVALID_ROOT' });
  });

  it('skips a file that has gone, and says so', async () => {
    const output = await each('style').run({
      type: 'analyse.style',
      input: { root, files: ['src/gone.js', 'src/old.js'] },
    });
    expect(output).toMatchObject({ analysed: 1, skipped: [{ path: 'src/gone.js', reason: 'unreadable: ENOENT' }] });
  });

  it('stops between files when it is cancelled', async () => {
    const abort = new AbortController();
    abort.abort(new Error('cancelled'));
    const run = each('style').run(
      { type: 'analyse.style', input: { root, files: ['src/old.js'] } },
      { signal: abort.signal },
    );
    await expect(run).rejects.toThrow('cancelled');
  });
});
