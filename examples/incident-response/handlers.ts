import * as z from 'zod';
import type { TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { swarmPartsOf } from '../shared/swarm-parts.ts';
import { assess as assessIncident, isSecurityRelevant } from './assess.ts';
import { chooseHotfix, createHotfix } from './create-hotfix.ts';
import { diagnose as diagnoseFailures } from './diagnose.ts';
import {
  ApprovalAnswer,
  Assessment,
  Diagnosis,
  Hotfix,
  Incident,
  Part,
  PastIncident,
  Service,
  Validation,
  WatchReport,
} from './incident.ts';
import { replay } from './run-service.ts';
import { auditHotfix, testHotfix } from './validate-hotfix.ts';
import { watchFor } from './watch.ts';
import { writePostMortem } from './write-post-mortem.ts';

const AssessInput = z.strictObject({ incident: Incident });
const DiagnoseInput = z.strictObject({ incident: Incident, service: Service });
const HotfixInput = z.strictObject({ service: Service, diagnosis: Diagnosis, part: Part });
const ChooseInput = z.strictObject({ swarms: z.array(swarmPartsOf(Hotfix)), standard: z.array(Hotfix) });
const ClearInput = z.strictObject({
  assessment: Assessment,
  diagnosis: Diagnosis,
  hotfix: Hotfix,
  tester: Validation,
  securityAuditor: Validation,
});
const TestInput = z.strictObject({ service: Service, hotfix: Hotfix });
const AuditInput = z.strictObject({ hotfix: Hotfix });
const WatchInput = z.strictObject({
  service: Service,
  diagnosis: Diagnosis,
  hotfix: Hotfix,
  approvals: z.array(ApprovalAnswer),
});
const PostMortemInput = ClearInput.extend({
  incident: Incident,
  approvals: z.array(ApprovalAnswer),
  watch: WatchReport.nullish(),
  history: z.array(PastIncident),
});

/** How bad it is. */
export const assess: TaskHandler = (task) => assessIncident(parseInput(AssessInput, task.input).incident, Date.now());

/** The responder's work: makes it happen again and says where. */
export const diagnose: TaskHandler = async (task, context) => {
  const { incident, service } = parseInput(DiagnoseInput, task.input);
  const { files, entry, failing } = service;
  const [outcomes = []] = await replay([files], { entry, calls: failing, signal: context.signal });
  return diagnoseFailures(outcomes, isSecurityRelevant(incident));
};

/** The code generator's work, or a share of it. */
export const fix: TaskHandler = (task, context) => {
  const { service, diagnosis, part } = parseInput(HotfixInput, task.input);
  return createHotfix(service, diagnosis, { part, signal: context.signal });
};

/** Takes the best of what one or several code generators found. */
export const choose: TaskHandler = (task) => {
  const { swarms, standard } = parseInput(ChooseInput, task.input);
  return chooseHotfix([...swarms.flat(), ...standard]);
};

/** Asks for a person only when there is something to deploy that both validators passed. */
export const clear: TaskHandler = (task) => {
  const { assessment, diagnosis, hotfix, tester, securityAuditor } = parseInput(ClearInput, task.input);
  const { file, change } = hotfix;
  const isReady = file !== undefined && tester.isValid && securityAuditor.isValid;
  const question = { severity: assessment.severity, rootCause: diagnosis.signature, change, checked: tester.checked };
  return { questions: isReady ? [{ ...question, file }] : [] };
};

/** The tester's work. */
export const test: TaskHandler = (task, context) => {
  const { service, hotfix } = parseInput(TestInput, task.input);
  return testHotfix(service, hotfix, context.signal);
};

/** The security auditor's work. */
export const audit: TaskHandler = (task) => auditHotfix(parseInput(AuditInput, task.input).hotfix);

const notDeployed: WatchReport = { watched: 0, failures: 0, isRecurring: false, examples: [] };

/** The monitor's work, once a person has deployed. */
export const watch: TaskHandler = (task, context) => {
  const { service, diagnosis, hotfix, approvals } = parseInput(WatchInput, task.input);
  if (approvals[0]?.decision !== 'deploy') return notDeployed;
  return watchFor(diagnosis, service, { hotfix, signal: context.signal });
};

/** The last step. */
export const conclude: TaskHandler = (task) => {
  const { approvals, watch: watched, ...facts } = parseInput(PostMortemInput, task.input);
  return writePostMortem({ ...facts, approval: approvals[0], watch: watched ?? undefined });
};
