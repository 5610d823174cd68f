import * as z from 'zod';
import type { TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { assess as assessIncident, isSecurityRelevant } from './assess.ts';
import { createHotfix } from './create-hotfix.ts';
import { diagnose as diagnoseFailures } from './diagnose.ts';
import {
  ApprovalAnswer,
  Assessment,
  Diagnosis,
  Hotfix,
  Incident,
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
const HotfixInput = z.strictObject({ service: Service, diagnosis: Diagnosis });
const TestInput = z.strictObject({ service: Service, hotfix: Hotfix });
const AuditInput = z.strictObject({ hotfix: Hotfix });
const WatchInput = z.strictObject({
  service: Service,
  diagnosis: Diagnosis,
  hotfix: Hotfix,
  approval: ApprovalAnswer.nullish(),
});
const PostMortemInput = z.strictObject({
  incident: Incident,
  assessment: Assessment,
  diagnosis: Diagnosis,
  hotfix: Hotfix,
  tester: Validation,
  securityAuditor: Validation,
  approval: ApprovalAnswer.extend({ at: z.int().optional() }).nullish(),
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

/** The code generator's work. */
export const fix: TaskHandler = (task, context) => {
  const { service, diagnosis } = parseInput(HotfixInput, task.input);
  return createHotfix(service, diagnosis, context.signal);
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
  const { service, diagnosis, hotfix, approval } = parseInput(WatchInput, task.input);
  if (approval?.approved !== true) return notDeployed;
  return watchFor(diagnosis, service, { hotfix, signal: context.signal });
};

/** The last step. */
export const conclude: TaskHandler = (task) => {
  const { approval, watch: watched, ...facts } = parseInput(PostMortemInput, task.input);
  const { approved = false, by, at = Date.now() } = approval ?? {};
  return writePostMortem({ ...facts, approval: { approved, by, at }, watch: watched ?? undefined });
};
