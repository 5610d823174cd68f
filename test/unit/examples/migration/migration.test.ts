import { describe, expect, it } from 'vitest';
import { check, close, migrate, plan } from '../../../../examples/migration/handlers.ts';
import {
  Compatibility,
  MigrationReport,
  MigrationRequest,
  Plan,
  StepResult,
} from '../../../../examples/migration/migration.ts';
import { renderMigration } from '../../../../examples/migration/render.ts';
import { readSourceInput } from '../../../../examples/shared/source-input.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { migrationChecker } from '../../../support/examples/migration.ts';
import { runHandler } from '../../../support/examples/run-handler.ts';

/** The agents in a row; `skip` leaves a step undone, as an agent that died does. */
const migrateTree = async (raw: unknown, skip?: string): Promise<MigrationReport> => {
  const { target, maxParallelSteps, ...source } = MigrationRequest.parse(raw);
  const files = await readSourceInput(source);
  const made = Plan.parse((await runHandler(plan, { files, target, maxParallelSteps })).output);
  const parts: { id: string; status: string; output: StepResult }[] = [];
  for (const step of made.steps.filter(({ path }) => path !== skip)) {
    const output = StepResult.parse((await runHandler(migrate, { step, files, target })).output);
    parts.push({ id: step.id, status: 'succeeded', output });
  }
  const results = made.swarms.map(() => parts);
  const compatibility = Compatibility.parse((await runHandler(check, { files, target, results })).output);
  return MigrationReport.parse((await runHandler(close, { files, plan: made, results, compatibility })).output);
};

const rename = (files: Record<string, string>, module = 'lib') => ({
  files,
  target: { type: 'api_rename', fromTechnology: 'old', toTechnology: 'fresh', module },
});

describe('a migration of generated trees', () => {
  it.each(checkedSeeds)('leaves a program that prints the same on the new version (seed %i)', async (seed) => {
    await expect(
      migrationChecker.check(seed, await migrateTree(migrationChecker.input(seed))),
    ).resolves.toBeUndefined();
  });
});

describe('a rename', () => {
  it('rolls everything back when one module cannot have the new name', async () => {
    const files = {
      'a.js': 'const fresh = 1;\nexport function old() { return fresh; }\n',
      'b.js': "import { old } from './a.js';\nold();\n",
    };
    const report = await migrateTree(rename(files, './a.js'));
    expect(report).toMatchObject({ status: 'rolled_back', files, restored: ['b.js'] });
    expect(report.problems).toContain('a.js: it has something called fresh already');
    expect(renderMigration(report)).toContain('Rolled back');
  });

  it('rolls back when a step was not done', async () => {
    const files = {
      'a.js': 'export const old = 1;\n',
      'b.js': "import { old } from './a.js';\nexport const x = old;\n",
    };
    const report = await migrateTree(rename(files, './a.js'), 'b.js');
    expect(report).toMatchObject({ status: 'rolled_back', files, restored: ['a.js'] });
    expect(report.problems).toEqual(
      expect.arrayContaining(['b.js: a.js has no export old', 'b.js: its step was not done']),
    );
  });

  it('finds require, and members of what is required', async () => {
    const files = {
      'a.cjs': "const { old } = require('lib');\nconst lib = require('lib');\nold(lib.old, require('lib').old);\n",
    };
    expect((await migrateTree(rename(files))).files['a.cjs']).toBe(
      "const { fresh: old } = require('lib');\nconst lib = require('lib');\nold(lib.fresh, require('lib').fresh);\n",
    );
  });

  it('changes nothing where nothing is used', async () => {
    const report = await migrateTree(rename({ 'a.js': "const old = 'old';\nexport { old };\n" }));
    expect(report).toMatchObject({ status: 'nothing_to_do', changed: [] });
  });

  it('says which modules stand in a circle', async () => {
    const text = (other: string) => `import { old } from 'lib';\nimport './${other}.js';\nold();\n`;
    const report = await migrateTree(rename({ 'a.js': text('b'), 'b.js': text('a') }));
    expect(report.status).toBe('migrated');
    expect(report.risks.join()).toContain('a.js, b.js');
  });

  it('refuses a name that its module does not have', async () => {
    await expect(migrateTree(rename({ 'a.js': 'export const x = 1;\n' }, './a.js'))).rejects.toThrow(
      'a.js has no export old',
    );
  });
});

describe('the React upgrade', () => {
  it.each([
    { text: "import { render } from 'react-dom';\nconst x = render(1, 2);\n", says: 'the result of render is used' },
    { text: "import D from 'react-dom';\nD.unmountComponentAtNode(box);\n", says: 'unmounts what another module' },
    { text: "import D from 'react-dom';\nconst createRoot = 1;\nD.render(1, 2);\n", says: 'called createRoot already' },
  ])('rolls back where $says', async ({ text, says }) => {
    const report = await migrateTree({
      files: { 'a.js': text, 'package.json': '{"dependencies":{"react":"17"}}' },
      target: { type: 'framework_upgrade', fromTechnology: 'react@17', toTechnology: 'react@18' },
    });
    expect(report).toMatchObject({ status: 'rolled_back', changed: [], restored: ['package.json'] });
    expect(report.problems.join()).toContain(says);
  });
});
