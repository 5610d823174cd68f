import { createHash } from 'node:crypto';
import type { Assessment, Incident, Severity } from './incident.ts';

interface Reason {
  readonly severity: Severity;
  readonly says: string;
}

const words: readonly (readonly [Severity, RegExp])[] = [
  ['sev1', /\b(?:outage|data loss|data corruption|breach|leak(?:ed|ing)?|completely down|all users)\b/i],
  ['sev2', /\b(?:degraded|intermittent|time-?outs?|unavailable|many users|payments?)\b/i],
];
const securityWords =
  /\b(?:breach|leak(?:ed|ing)?|injection|unauthori[sz]ed|credentials?|exposed|vulnerab\w*|token)\b/i;
const errorRates: readonly (readonly [Severity, number])[] = [
  ['sev1', 0.5],
  ['sev2', 0.1],
  ['sev3', 0.01],
];
const manySystems = 3;
/** Of the changes to try: one for each code generator that looks for a hotfix at once. */
const shares = [0, 1, 2, 3].map((index) => ({ index, of: 4 }));
const standardTeam: Assessment['team'] = ['responder', 'codegen', 'tester'];

/** How bad it is, why, and who is called together. Figures and words count alike; the worst decides. */
export function assess(incident: Incident, now: number): Assessment {
  const reasons = [...rateReasons(incident), ...wordReasons(incident), ...spreadReasons(incident)];
  const [worst = { severity: 'sev4', says: 'nobody is known to be affected' } satisfies Reason] = reasons.toSorted(
    (left, right) => left.severity.localeCompare(right.severity),
  );
  const isUrgent = worst.severity === 'sev1' || worst.severity === 'sev2';
  const startedAt = incident.startedAt ?? now;
  return {
    incidentId: `inc_${createHash('sha256').update(JSON.stringify(incident)).digest('hex').slice(0, 12)}`,
    severity: worst.severity,
    reasons: reasons.length === 0 ? [worst.says] : reasons.map(({ severity, says }) => `${severity}: ${says}`),
    team: isUrgent || isSecurityRelevant(incident) ? [...standardTeam, 'security_auditor'] : standardTeam,
    urgent: isUrgent ? [shares] : [],
    standard: isUrgent ? [] : [0],
    startedAt,
    detectedAt: incident.detectedAt ?? startedAt,
  };
}

/** Whether somebody could have got at what is not theirs. */
export function isSecurityRelevant({ title, description, symptoms, errors }: Incident): boolean {
  return securityWords.test([title, description, ...symptoms, ...errors].join('\n'));
}

function rateReasons({ errorRate }: Incident): Reason[] {
  const found = errorRates.find(([, least]) => (errorRate ?? 0) >= least);
  return found === undefined
    ? []
    : [{ severity: found[0], says: `${((errorRate ?? 0) * 100).toFixed(1)} % of requests fail` }];
}

function wordReasons({ title, description, symptoms }: Incident): Reason[] {
  const said = [title, description, ...symptoms].join('\n');
  return words.flatMap(([severity, pattern]) => {
    const match = pattern.exec(said);
    return match === null ? [] : [{ severity, says: `"${match[0]}" is reported` }];
  });
}

function spreadReasons({ affectedSystems, errors, symptoms }: Incident): Reason[] {
  const systems = new Set(affectedSystems).size;
  if (systems >= manySystems) return [{ severity: 'sev2', says: `${systems} systems are affected` }];
  return errors.length + symptoms.length > 0 ? [{ severity: 'sev3', says: 'errors or symptoms are reported' }] : [];
}
