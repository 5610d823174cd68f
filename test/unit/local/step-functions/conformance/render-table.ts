import * as z from 'zod';
import { topics } from './all-rows.ts';
import { definitionOf, type Expectation, type Row } from './row.ts';

const Definition = z.looseObject({ QueryLanguage: z.unknown().optional() });

/** Longest value shown in full; of a longer one the beginning is shown. */
const maxShown = 600;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function code(value: unknown): string {
  const text = JSON.stringify(value);
  return `<code>${escape(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text)}</code>`;
}

function expectation({ cause, ...rest }: Expectation): string {
  const pattern = cause instanceof RegExp ? { cause: `/${cause.source}/` } : {};
  return code({ ...rest, ...(typeof cause === 'string' ? { cause } : pattern) });
}

function given({ input, mocks }: Row): string {
  const parts = [
    ...(input === undefined ? [] : [`input ${code(input)}`]),
    ...(mocks === undefined ? [] : [`task results ${code(mocks)}`]),
  ];
  return parts.join(', ');
}

function renderRow(row: Row): string {
  const { QueryLanguage: language, ...definition } = Definition.parse(definitionOf(row));
  const shown = row.definition === undefined ? definition['States'] : { QueryLanguage: language, ...definition };
  return [
    `<tr><td><a href="${row.link}">${escape(row.rule)}</a></td>`,
    `<td>${code(shown)}</td>`,
    `<td>${given(row)}</td>`,
    `<td>${expectation(row.expect)}</td></tr>`,
  ].join('\n');
}

// HTML, because the formatter pads the columns of a Markdown table to the width of the longest definition.
const header = '<tr><th>Rule</th><th>States or definition</th><th>Given</th><th>Expected</th></tr>';

/** The conformance table as the README shows it. */
export function renderTable(): string {
  return topics
    .map(({ title, rows }) => `### ${title}\n\n<table>\n${header}\n${rows.map(renderRow).join('\n')}\n</table>`)
    .join('\n\n');
}
