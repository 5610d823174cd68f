import { fileKind } from '../code-review/analysers/file-kind.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';
import type { DebtItem, Place } from './debt.ts';

const marker = /\b(?:TODO|FIXME|HACK|XXX)\b/;
const urgent = /\b(?:FIXME|XXX)\b/;
const minutesEach = 30;

/** What authors left for later, one item for each file. */
export function findMarkers(files: readonly SourceFile[]): DebtItem[] {
  return files
    .filter(({ path }) => fileKind(path) === 'script')
    .flatMap((file): DebtItem[] => {
      const found = markersOf(file);
      if (found.length === 0) return [];
      const isUrgent = found.some(({ text }) => urgent.test(text));
      return [
        {
          id: `marker:${file.path}`,
          category: 'marker',
          severity: isUrgent ? 'low' : 'info',
          title: `${found.length} left for later`,
          places: found.map(({ place }) => place),
          measure: found.length,
          limit: 0,
          minutes: found.length * minutesEach,
        },
      ];
    });
}

function markersOf(file: SourceFile): { place: Place; text: string }[] {
  const { comments, lines } = parseSource(file);
  return comments.flatMap(({ value, start }) => {
    const first = lines.lineAt(start);
    return value.split('\n').flatMap((text, offset) => {
      const line = first + offset;
      return marker.test(text) ? [{ place: { file: file.path, line, endLine: line }, text }] : [];
    });
  });
}
