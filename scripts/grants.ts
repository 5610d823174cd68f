import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { functionNames } from '#infra/config/functions.ts';
import { constructIdOf } from '#infra/constructs/functions.ts';
import { grantLine, type RoleGrant } from '#local/iam/read-policies.ts';
import { readGrants } from '#local/platform/read-grants.ts';
import { recordOf } from '#test/e2e/support/grant-records.ts';
import { unusedGrants } from '#test/e2e/unused-grants.ts';
import { describeGrant, judgeGrants, type NamedGrant } from './grants/judge-grants.ts';
import { readOptions } from './parameters.ts';
import { synthesise } from './synthesise.ts';

const usage = `Compares what the roles of the stack may do with what the end-to-end tests used.

Usage: npm run grants -- [--list]

  --list  print every grant and the tests that used it

Each end-to-end test file records what it used when it runs (npx vitest run test/e2e/<file>); the report needs the records
of all of them. A grant that none used is taken out of infra/, or test/e2e/unused-grants.ts says why it stays.
`;
const { list } = readOptions(usage, { list: { type: 'boolean', default: false } } as const);

const root = join(import.meta.dirname, '..');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** `FunctionsHttpTasksRole1A2B3C4D` is `http/tasks`; what is not a function's keeps its logical id without the hash. */
const withoutHash = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');
const functionOfRole = new Map(functionNames.map((name) => [`Functions${constructIdOf(name)}Role`, name]));
/** Which mode a run has is data: whoever may start runs may start those of every mode. */
const machineOfMode = /Coordination\w+StateMachine/;

const { grants, logicalIds } = readGrants(synthesise(() => say('Synthesising the stack …')).directory);
// Shorter ones (the stage `ws`) are parts of other names.
const names = [...logicalIds].filter(([generated]) => generated.length >= 10);
const named = (text: string): string =>
  names.reduce((known, [generated, logicalId]) => known.replaceAll(generated, withoutHash(logicalId)), text);
const nameOf = ({ role, action, resource }: RoleGrant): NamedGrant => {
  const logicalRole = withoutHash(logicalIds.get(role) ?? role);
  return {
    role: functionOfRole.get(logicalRole) ?? logicalRole,
    action,
    resource: named(resource)
      .replace(/^arn:aws:[\w-]+:[^:]*:\d*:/, '')
      .replace(machineOfMode, 'StateMachine'),
  };
};

/** What `npm test` runs. */
const files = globSync('test/e2e/**/*.test.ts', { cwd: root, exclude: ['test/e2e/large/**'] }).toSorted();
const missing = files.filter((file) => !existsSync(recordOf(file)));
const usersOfLine = new Map<string, string[]>();
for (const file of files.filter((one) => !missing.includes(one))) {
  for (const line of readFileSync(recordOf(file), 'utf8').split('\n'))
    usersOfLine.set(line, [...(usersOfLine.get(line) ?? []), file]);
}

/** Grants of one name (a role's on every state machine) are one: the tests that used any of them. */
const uses = new Map<string, { readonly grant: NamedGrant; readonly users: Set<string> }>();
for (const line of grants) {
  const grant = nameOf(line);
  const name = describeGrant(grant);
  const known = uses.get(name) ?? { grant, users: new Set() };
  for (const file of usersOfLine.get(grantLine(line)) ?? []) known.users.add(file.replace('test/e2e/', ''));
  uses.set(name, known);
}
const usersOf = (grant: NamedGrant): readonly string[] => [...(uses.get(describeGrant(grant))?.users ?? [])];
const granted = [...uses.values()].map(({ grant }) => grant);

if (list) {
  for (const grant of granted) say(`${describeGrant(grant)}: ${usersOf(grant).join(', ') || 'unused'}`);
}
const verdict = judgeGrants(granted, (grant) => usersOf(grant).length > 0, unusedGrants);
if (missing.length > 0) {
  const which = missing.length === files.length ? 'No end-to-end test has' : `${missing.join(', ')}: not`;
  say(`✘ ${which} run here yet, so there is no record of what is used. This makes it (and \`npm test\` does):`);
  say('  npx vitest run --project e2e --project e2e-alone');
  process.exitCode = 1;
} else {
  for (const fault of verdict.faults) say(`✘ ${fault}`);
  if (verdict.faults.length > 0) {
    say(
      '\nTake what is not needed out of infra/ (a function: `access` in infra/config/functions.ts), let an end-to-end test',
    );
    say(
      'need it, or say in test/e2e/unused-grants.ts why it stays. `npm run grants -- --list` names the tests that used a grant.',
    );
    process.exitCode = 1;
  }
  say(`grants: ${verdict.used} used, ${verdict.excused} unused with a reason, ${verdict.faults.length} faults`);
}
