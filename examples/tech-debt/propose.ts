import type { SourceFile } from '../code-review/analysers/finding.ts';
import type { DebtItem, Place, Proposal } from './debt.ts';
import { proposeExtractions } from './propose-extractions.ts';

/** How to pay an item back, from what the sources say. */
export function propose(item: DebtItem, files: readonly SourceFile[]): Proposal {
  switch (item.category) {
    case 'complexity':
      return proposeSplit(item, files);
    case 'duplication':
      return proposeSharing(item);
    case 'marker':
      return proposeDecisions(item, files);
    case 'smell':
      return proposeShrinking(item);
    default:
      return item.category satisfies never;
  }
}

function proposeSplit(item: DebtItem, files: readonly SourceFile[]): Proposal {
  const [place] = item.places;
  const file = files.find(({ path }) => path === place?.file);
  const plan = file === undefined ? undefined : proposeExtractions(file, place?.line ?? 1, item.limit);
  const { extractions = [], complexityAfter = item.measure } = plan ?? {};
  const steps = extractions.map(
    ({ name, place: part, parameters, results, complexity }) =>
      `Move lines ${part.line} to ${part.endLine} to ${name}(${parameters.join(', ')})${results.length === 0 ? '' : `, which gives back ${results.join(', ')}`}: complexity ${complexity}`,
  );
  const isSufficient = complexityAfter <= item.limit;
  const rest = isSufficient
    ? `What stays has a complexity of ${complexityAfter}`
    : `What stays has a complexity of ${complexityAfter}: its remaining parts return early or decide too much at once; write them anew as a table or as guard clauses`;
  return proposal(item, { steps: [...steps, rest], extractions, measureAfter: complexityAfter, isSufficient });
}

function proposeSharing(item: DebtItem): Proposal {
  const [first, ...others] = item.places;
  const folder = commonFolder(item.places);
  const isOneFile = item.places.every(({ file }) => file === first?.file);
  const home = isOneFile ? (first?.file ?? '') : `a module of its own in ${folder === '' ? 'the root' : folder}`;
  const steps = [
    `Move ${where(first)} to a function in ${home}; what differs around it becomes its parameters`,
    ...others.map((place) => `Call it instead of ${where(place)}`),
    `Saves about ${others.reduce((sum, { line, endLine }) => sum + endLine - line + 1, 0)} lines`,
  ];
  return proposal(item, { steps, extractions: [], measureAfter: 0, isSufficient: true });
}

function proposeDecisions(item: DebtItem, files: readonly SourceFile[]): Proposal {
  const lineOf = ({ file, line }: Place): string =>
    files
      .find(({ path }) => path === file)
      ?.text.split('\n')
      .at(line - 1)
      ?.trim() ?? '';
  const steps = item.places.map((place) => `Do or drop ${where(place)}: ${lineOf(place)}`);
  return proposal(item, { steps, extractions: [], measureAfter: 0, isSufficient: true });
}

function proposeShrinking(item: DebtItem): Proposal {
  const [kind] = item.id.split(':');
  const advice = new Map<string | undefined, string>(
    Object.entries({
      long: `Split ${where(item.places[0])} where blank lines or comments already divide it, into parts of at most ${item.limit} lines`,
      parameters: `Pass one object with named members to ${where(item.places[0])} instead of ${item.measure} parameters`,
      large: `Divide ${where(item.places[0])} by what changes together, into files of at most ${item.limit} lines`,
    }),
  );
  const step = advice.get(kind) ?? item.title;
  return proposal(item, { steps: [step], extractions: [], measureAfter: item.limit, isSufficient: true });
}

function proposal(item: DebtItem, rest: Omit<Proposal, 'item' | 'title'>): Proposal {
  return { item: item.id, title: item.title, ...rest };
}

function where(place: Place | undefined): string {
  return place === undefined ? '' : `${place.file}:${place.line}-${place.endLine}`;
}

function commonFolder(places: readonly Place[]): string {
  const folders = places.map(({ file }) => file.split('/').slice(0, -1));
  const [first = []] = folders;
  let depth = first.length;
  for (const folder of folders) while (first.slice(0, depth).join('/') !== folder.slice(0, depth).join('/')) depth -= 1;
  return first.slice(0, depth).join('/');
}
