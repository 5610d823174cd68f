import type {
  ApprovalAnswer,
  Assessment,
  Diagnosis,
  Hotfix,
  Incident,
  IncidentMetrics,
  PastIncident,
  PostMortem,
  Severity,
  Validation,
  WatchReport,
} from './incident.ts';

/** Everything that is known in the end. */
export interface IncidentFacts {
  readonly incident: Incident;
  readonly assessment: Assessment;
  readonly diagnosis: Diagnosis;
  readonly hotfix: Hotfix;
  readonly tester: Validation;
  readonly securityAuditor: Validation;
  readonly approval?: ApprovalAnswer | undefined;
  readonly watch?: WatchReport | undefined;
  readonly history: readonly PastIncident[];
}

/** Who learns what from it. */
export function writePostMortem(facts: IncidentFacts): PostMortem {
  const { incident, assessment, diagnosis, hotfix, tester, securityAuditor, approval, watch, history } = facts;
  const status = statusOf(facts);
  const { incidentId, severity, startedAt, detectedAt } = assessment;
  const isDeployed = status === 'resolved' || status === 'recurring';
  const resolvedAt = status === 'resolved' ? approval?.at : undefined;
  const resolved = resolvedAt === undefined ? [] : [{ severity, startedAt, resolvedAt }];
  return {
    incidentId,
    title: incident.title,
    severity,
    status,
    rootCause: rootCauseOf(diagnosis, hotfix),
    hotfix,
    validations: { tester, securityAuditor },
    ...(isDeployed && approval !== undefined ? { deployedBy: approval.by } : {}),
    ...(watch === undefined || !isDeployed ? {} : { watch }),
    timeline: timelineOf(facts, isDeployed),
    timeToDetectMs: detectedAt - startedAt,
    ...(resolvedAt === undefined ? {} : { timeToResolveMs: resolvedAt - startedAt }),
    actions: actionsFor(facts, status),
    metrics: incidentMetrics([...history, ...resolved], [...history.map((each) => each.severity), severity]),
  };
}

function statusOf({ hotfix, tester, securityAuditor, approval, watch }: IncidentFacts): PostMortem['status'] {
  if (hotfix.file === undefined) return 'no_hotfix';
  if (!tester.isValid || !securityAuditor.isValid) return 'invalid_hotfix';
  if (approval?.decision !== 'deploy') return 'not_deployed';
  return watch?.isRecurring === true ? 'recurring' : 'resolved';
}

function rootCauseOf({ signature, file, line }: Diagnosis, hotfix: Hotfix): string {
  const where = hotfix.file ?? file;
  const at = where === undefined ? '' : ` at ${where}:${hotfix.line ?? line ?? 1}`;
  return hotfix.file === undefined ? `${signature}${at}` : `${signature}${at}: ${hotfix.change}`;
}

function timelineOf({ assessment, approval }: IncidentFacts, isDeployed: boolean): PostMortem['timeline'] {
  return [
    { at: assessment.startedAt, event: 'started' },
    { at: assessment.detectedAt, event: `detected, assessed as ${assessment.severity}` },
    ...(approval === undefined
      ? []
      : [{ at: approval.at, event: isDeployed ? `deployed by ${approval.by}` : `not deployed, by ${approval.by}` }]),
  ];
}

function actionsFor({ diagnosis, hotfix, incident }: IncidentFacts, status: PostMortem['status']): string[] {
  const regression = `Add the failing calls to the tests of ${hotfix.file ?? incident.affectedSystems[0] ?? 'the service'}`;
  const audit = diagnosis.isSecurityRelevant ? ['Look for what was read or changed meanwhile'] : [];
  switch (status) {
    case 'resolved':
      return [regression, `Look for the same mistake elsewhere: ${hotfix.change}`, ...audit];
    case 'recurring':
      return ['Take the hotfix back or narrow the traffic: the failure is still there', regression, ...audit];
    case 'not_deployed':
      return ['Mitigate by other means: the hotfix waits for a person', regression, ...audit];
    case 'no_hotfix':
    case 'invalid_hotfix':
      return ['Page the owners: no small change makes the calls right', regression, ...audit];
    default:
      return status satisfies never;
  }
}

/** Counts over incidents; the mean time to resolve is that of the resolved ones. */
export function incidentMetrics(resolved: readonly PastIncident[], severities: readonly Severity[]): IncidentMetrics {
  const count = (severity: Severity): number => severities.filter((each) => each === severity).length;
  const total = resolved.reduce((sum, { startedAt, resolvedAt }) => sum + resolvedAt - startedAt, 0);
  return {
    incidents: severities.length,
    bySeverity: { sev1: count('sev1'), sev2: count('sev2'), sev3: count('sev3'), sev4: count('sev4') },
    ...(resolved.length === 0 ? {} : { mttrMs: Math.round(total / resolved.length) }),
  };
}
