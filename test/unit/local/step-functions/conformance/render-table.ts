import * as z from 'zod';
import { topics } from './all-rows.ts';
import { definitionOf, type Expectation, type Row } from './row.ts';

const Definition = z.looseObject({ QueryLanguage: z.unknown().optional() });

/** Longest value shown in full; a row with a larger one shows its beginning. */
const maxShown = 400;

function code(value: unknown): string {
  const text = JSON.stringify(value);
  const shown = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
  const escaped = shown.replaceAll('|', String.raw`\|`);
  return escaped.includes('`') ? `\`\` ${escaped} \`\`` : `\`${escaped}\``;
}

function expectation({ cause, ...rest }: Expectation): string {
  const pattern = cause instanceof RegExp ? { cause: `/${cause.source}/` } : {};
  return code({ ...rest, ...(typeof cause === 'string' ? { cause } : pattern) });
}

function renderRow(row: Row): string {
  const { QueryLanguage: language, ...definition } = Definition.parse(definitionOf(row));
  const shown = row.definition === undefined ? definition['States'] : { QueryLanguage: language, ...definition };
  const cells = [
    `[${row.rule.replaceAll('|', String.raw`\|`)}](${row.link})`,
    code(shown),
    row.input === undefined ? '' : code(row.input),
    row.mocks === undefined ? '' : code(row.mocks),
    expectation(row.expect),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The conformance table as the README shows it. */
export function renderTable(): string {
  const sections = topics.map(({ title, rows }) =>
    [
      `### ${title}`,
      '',
      '| Rule | States or definition | Input | Task results | Expected |',
      '|---|---|---|---|---|',
      ...rows.map(renderRow),
    ].join('\n'),
  );
  return sections.join('\n\n');
}
