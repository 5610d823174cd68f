import { withFix } from './create-hotfix.ts';
import { isRight, signatureOf } from './diagnose.ts';
import type { Diagnosis, Hotfix, Service, WatchReport } from './incident.ts';
import { replay } from './run-service.ts';

const shownExamples = 5;

/** What the calls after the deployment come to: it recurs when one fails as the incident did. */
export async function watchFor(
  { signature }: Diagnosis,
  service: Service,
  { hotfix, signal }: { readonly hotfix: Hotfix; readonly signal: AbortSignal },
): Promise<WatchReport> {
  const { files, entry, afterwards } = service;
  const version = hotfix.file === undefined ? files : withFix(files, { file: hotfix.file, text: hotfix.after });
  const [outcomes = []] = await replay([version], { entry, calls: afterwards, signal });
  const failures = outcomes.filter((outcome) => !isRight(outcome));
  return {
    watched: outcomes.length,
    failures: failures.length,
    isRecurring: failures.some((outcome) => signatureOf(outcome) === signature),
    examples: failures.slice(0, shownExamples).map((outcome) => signatureOf(outcome)),
  };
}
