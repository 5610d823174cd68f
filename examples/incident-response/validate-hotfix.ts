import { parseSource } from '../code-review/analysers/parse-source.ts';
import { analyseSecurity } from '../code-review/analysers/security/analyse-security.ts';
import { withFix } from './create-hotfix.ts';
import { isRight, signatureOf } from './diagnose.ts';
import type { Hotfix, Service, Validation } from './incident.ts';
import { replay } from './run-service.ts';

const maxChangedLines = 5;
const shownProblems = 10;

/** The tester's judgement: every failing call right, every recorded one as it was. */
export async function testHotfix(service: Service, hotfix: Hotfix, signal: AbortSignal): Promise<Validation> {
  if (hotfix.file === undefined) return { isValid: false, checked: 0, problems: ['there is no hotfix'] };
  const { files, entry, failing, recorded } = service;
  const version = withFix(files, { file: hotfix.file, text: hotfix.after });
  const calls = [...failing, ...recorded];
  const [outcomes] = await replay([version], { entry, calls, signal });
  if (outcomes === undefined) return { isValid: false, checked: 0, problems: ['the service does not end'] };
  const problems = outcomes
    .filter((outcome) => !isRight(outcome))
    .map(
      (outcome) =>
        `${outcome.call.name}(${JSON.stringify(outcome.call.arguments).slice(1, -1)}): ${signatureOf(outcome)}`,
    );
  return { isValid: problems.length === 0, checked: calls.length, problems: problems.slice(0, shownProblems) };
}

/** The security auditor's judgement: nothing dangerous that was not there, nothing new imported, and little changed. */
export function auditHotfix({ file, before, after }: Hotfix): Validation {
  if (file === undefined) return { isValid: false, checked: 0, problems: ['there is no hotfix'] };
  const known = new Set(
    analyseSecurity([{ path: file, text: before }]).map(({ rule, evidence }) => `${rule} ${evidence}`),
  );
  const found = analyseSecurity([{ path: file, text: after }]).filter(
    ({ rule, evidence }) => !known.has(`${rule} ${evidence}`),
  );
  const old = importsOf(file, before);
  const strange = importsOf(file, after).filter((specifier) => !old.includes(specifier));
  const lines = after.split('\n');
  const changed = lines.filter((line, index) => line !== before.split('\n')[index]).length;
  const problems = [
    ...found.map(({ rule, line, message }) => `${rule} in line ${line}: ${message}`),
    ...strange.map((specifier) => `it imports ${specifier}`),
    ...(changed > maxChangedLines ? [`it changes ${changed} lines, more than ${maxChangedLines}`] : []),
  ];
  return { isValid: problems.length === 0, checked: lines.length, problems };
}

function importsOf(path: string, text: string): string[] {
  return parseSource({ path, text }).module.staticImports.map(({ moduleRequest }) => moduleRequest.value);
}
