import { describe, expect, it } from 'vitest';
import {
  assess,
  audit,
  choose,
  clear,
  conclude,
  diagnose,
  fix,
  test,
  watch,
} from '../../../../examples/incident-response/handlers.ts';
import {
  Assessment,
  Clearance,
  Diagnosis,
  Hotfix,
  IncidentRequest,
  PostMortem,
  Validation,
} from '../../../../examples/incident-response/incident.ts';
import { renderPostMortem } from '../../../../examples/incident-response/render.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { incidentResponseChecker } from '../../../support/examples/incident-response.ts';
import { runHandler } from '../../../support/examples/run-handler.ts';

const deployed = { decision: 'deploy', by: 'ada', at: 1_790_000_900_000 };

/** The agents in a row, with a person who decides when asked. */
const respond = async (raw: unknown, answer: unknown = deployed): Promise<PostMortem> => {
  const { incident, service, history } = IncidentRequest.parse(raw);
  const assessment = Assessment.parse((await runHandler(assess, { incident })).output);
  const diagnosis = (await runHandler(diagnose, { incident, service })).output;
  const of = assessment.urgent[0]?.length ?? 1;
  const found = await Promise.all(
    Array.from(
      { length: of },
      async (_, index) => (await runHandler(fix, { service, diagnosis, part: { index, of } })).output,
    ),
  );
  const lists =
    of > 1
      ? { swarms: [found.map((output, index) => ({ id: `${index}`, status: 'succeeded', output }))], standard: [] }
      : { swarms: [], standard: found };
  const hotfix = (await runHandler(choose, lists)).output;
  const tester = (await runHandler(test, { service, hotfix })).output;
  const securityAuditor = (await runHandler(audit, { hotfix })).output;
  const judged = { assessment, diagnosis, hotfix, tester, securityAuditor };
  const { questions } = Clearance.parse((await runHandler(clear, judged)).output);
  const approvals = answer === null ? [] : questions.map(() => answer);
  const watched = (await runHandler(watch, { service, diagnosis, hotfix, approvals })).output;
  return PostMortem.parse(
    (await runHandler(conclude, { ...judged, incident, approvals, watch: watched, history })).output,
  );
};

describe('the response to generated incidents', () => {
  it.each(checkedSeeds)('repairs what slipped through, for calls that nobody recorded too (seed %i)', async (seed) => {
    const report = await respond(incidentResponseChecker.input(seed));
    await expect(incidentResponseChecker.check(seed, report)).resolves.toBeUndefined();
    expect(renderPostMortem(report)).toContain(report.rootCause);
  });
});

const incident = { title: 't', description: 'd', symptoms: [], affectedSystems: [], errors: [] };
const severityOf = async (more: object): Promise<string> =>
  Assessment.parse((await runHandler(assess, { incident: { ...incident, ...more } })).output).severity;

describe('an assessment', () => {
  it.each([
    [{ errorRate: 0.5 }, 'sev1'],
    [{ description: 'there was DATA LOSS' }, 'sev1'],
    [{ errorRate: 0.49 }, 'sev2'],
    [{ affectedSystems: ['a', 'b', 'c'] }, 'sev2'],
    [{ affectedSystems: ['a', 'a', 'a'] }, 'sev4'],
    [{ errorRate: 0.05 }, 'sev3'],
    [{ symptoms: ['slow'] }, 'sev3'],
    [{}, 'sev4'],
  ])('of %j is %s', async (more, severity) => {
    expect(await severityOf(more)).toBe(severity);
  });

  it('calls the security auditor for severe ones and where somebody could have got in', async () => {
    const teamOf = async (more: object) =>
      Assessment.parse((await runHandler(assess, { incident: { ...incident, ...more } })).output).team;
    expect(await teamOf({})).not.toContain('security_auditor');
    expect(await teamOf({ errors: ['token exposed in log'] })).toContain('security_auditor');
    expect(await teamOf({ errorRate: 0.9 })).toContain('security_auditor');
  });
});

const serviceOf = (text: string) => ({
  files: { 'a.js': text },
  entry: 'a.js',
  recorded: [],
  failing: [{ name: 'f', arguments: [1] }],
});
const failureOf = async (text: string): Promise<Diagnosis> =>
  Diagnosis.parse((await runHandler(diagnose, { incident, service: serviceOf(text) })).output);

describe('a replay', () => {
  it('names the place of a failure', async () => {
    const diagnosis = await failureOf('export function f(x) {\n  return x.a.b;\n}\n');
    expect(diagnosis).toMatchObject({
      signature: 'TypeError: Cannot read properties of … (reading …)',
      file: 'a.js',
      line: 2,
    });
  });

  it('lets a service reach nothing but its own files', async () => {
    const reads = await failureOf(
      "import { readFileSync } from 'node:fs';\nexport const f = () => readFileSync('/etc/hostname', 'utf8');\n",
    );
    expect(reads.signature).toContain('Access to this API has been restricted');
    const spawns = await failureOf(
      "import { execSync } from 'node:child_process';\nexport const f = () => String(execSync('id'));\n",
    );
    expect(spawns.signature).toContain('Access to this API has been restricted');
  });

  it('ends a service that does not end', async () => {
    const service = serviceOf('export function f() {\n  for (;;);\n}\n');
    const hotfix = { file: 'a.js', line: 1, before: '', after: service.files['a.js'], change: '', candidates: 1 };
    const validation = Validation.parse((await runHandler(test, { service, hotfix })).output);
    expect(validation).toMatchObject({ isValid: false, problems: ['the service does not end'] });
  });
});

describe('a hotfix', () => {
  const hotfixOf = (before: string, after: string): Hotfix => ({
    file: 'a.js',
    line: 1,
    before,
    after,
    change: '',
    candidates: 1,
  });
  const judged = async (before: string, after: string): Promise<Validation> =>
    Validation.parse((await runHandler(audit, { hotfix: hotfixOf(before, after) })).output);

  it('is refused by the auditor when it brings danger, imports or much change', async () => {
    expect(
      (await judged('export const f = (x) => x;\n', 'export const f = (x) => eval(x);\n')).problems.join(),
    ).toContain('dynamic-code');
    expect((await judged('export const a = 1;\n', "import 'left';\nexport const a = 1;\n")).problems).toContain(
      'it imports left',
    );
    expect((await judged('a;\n', 'b;\n'.repeat(9))).problems.join()).toContain('more than 5');
    expect((await judged('export const f = (x) => eval(x);\n', 'export const f = (x) => eval(x);  \n')).isValid).toBe(
      true,
    );
  });

  it('stays undeployed without a person, or with one who refuses', async () => {
    const input = incidentResponseChecker.input(1);
    const alone = await respond(input, null);
    expect(alone).toMatchObject({ status: 'not_deployed' });
    expect(alone.deployedBy).toBeUndefined();
    expect(alone.timeToResolveMs).toBeUndefined();
    const refused = await respond(input, { decision: 'hold', by: 'bob', at: 1 });
    expect(refused).toMatchObject({ status: 'not_deployed' });
    expect(refused.deployedBy).toBeUndefined();
    expect(refused.watch).toBeUndefined();
    expect(refused.timeline.at(-1)?.event).toBe('not deployed, by bob');
  });
});
