import { fileKind } from '../code-review/analysers/file-kind.ts';
import { isRight } from './diagnose.ts';
import type { Diagnosis, Hotfix, Part, Service } from './incident.ts';
import { type Candidate, proposeFixes } from './propose-fixes.ts';
import { replay } from './run-service.ts';

const atOnce = 30;

/**
 * The first change with which the failing calls are right and every recorded call gives what it gave. Changes at the place
 * of the failure are tried first.
 */
export async function createHotfix(
  service: Service,
  diagnosis: Diagnosis,
  { part, signal }: { readonly part: Part; readonly signal: AbortSignal },
): Promise<Hotfix> {
  const { files, entry, recorded, failing } = service;
  const sources = Object.entries(files)
    .filter(([path]) => fileKind(path) === 'script')
    .map(([path, text]) => ({ path, text }));
  const candidates = proposeFixes(sources, diagnosis).filter((_, index) => index % part.of === part.index);
  for (let from = 0; from < candidates.length; from += atOnce) {
    const some = candidates.slice(from, from + atOnce);
    const versions = some.map((candidate) => withFix(files, candidate));
    const outcomes = await replay(versions, { entry, calls: [...failing, ...recorded], signal });
    const right = outcomes.findIndex((outcome) => outcome !== undefined && outcome.every(isRight));
    const found = some[right];
    if (found !== undefined) return hotfixOf(files, found, (from + right) * part.of + part.index + 1);
  }
  return { before: '', after: '', change: 'none found', candidates: candidates.length };
}

/** Of what several found, the change that stands first among all. */
export function chooseHotfix(found: readonly Hotfix[]): Hotfix {
  const right = found.filter(({ file }) => file !== undefined);
  const [first] = right.toSorted((left, other) => left.candidates - other.candidates);
  const tried = found.reduce((sum, { candidates }) => sum + candidates, 0);
  return first ?? { before: '', after: '', change: 'none found', candidates: tried };
}

/** The files with a changed one. */
export function withFix(files: Service['files'], { file, text }: Pick<Candidate, 'file' | 'text'>): Service['files'] {
  return { ...files, [file]: text };
}

function hotfixOf(files: Service['files'], { file, line, text, change }: Candidate, candidates: number): Hotfix {
  return { file, line, before: files[file] ?? '', after: text, change, candidates };
}
