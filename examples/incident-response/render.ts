import type { PostMortem } from './incident.ts';

const outcomes: Readonly<Record<PostMortem['status'], string>> = {
  resolved: 'resolved',
  recurring: 'deployed, but it recurs',
  not_deployed: 'not deployed',
  no_hotfix: 'no hotfix was found',
  invalid_hotfix: 'the hotfix is not valid',
};

/** A post-mortem to read. */
export function renderPostMortem(report: PostMortem): string {
  const { title, incidentId, severity, status, rootCause, validations, watch, timeline, actions, metrics } = report;
  const { tester, securityAuditor } = validations;
  const judged = ({ isValid, problems }: typeof tester): string => (isValid ? 'passed' : problems.join('; '));
  return [
    `${title} (${incidentId}, ${severity}): ${outcomes[status]}`,
    `Cause: ${rootCause}`,
    `Tester, over ${tester.checked} calls: ${judged(tester)}`,
    `Security auditor: ${judged(securityAuditor)}`,
    ...(watch === undefined ? [] : [`Watched ${watch.watched} calls: ${watch.failures} failed`]),
    ...timeline.map(({ at, event }) => `  ${new Date(at).toISOString()}  ${event}`),
    ...actions.map((action) => `  - ${action}`),
    `Mean time to resolve over ${metrics.incidents} incidents: ${metrics.mttrMs === undefined ? 'unknown' : `${(metrics.mttrMs / 60_000).toFixed(1)} min`}`,
  ].join('\n');
}
