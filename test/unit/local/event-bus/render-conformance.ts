import { asJsonText, type ConformanceGroup, type ConformanceRow } from './conformance-rows.ts';

function cell(text: string): string {
  const shown = text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return shown === '' ? '(empty)' : shown;
}

function code(value: unknown): string {
  const text = asJsonText(value);
  return text === '' ? '(no text)' : `\`${cell(text)}\``;
}

function expectedCell(row: ConformanceRow): string {
  return row.expected === 'refused' ? `refused: ${cell(row.reason ?? '')}` : row.expected;
}

function renderGroup(group: ConformanceGroup): string {
  const rows = group.rows.map((row) => {
    return `| ${cell(row.rule)} | ${code(row.pattern)} | ${code(row.event)} | ${expectedCell(row)} |`;
  });
  const head = `## ${group.title}\n\nRules: <${group.link}>\n\n| Rule | Pattern | Event | Answer |\n| --- | --- | --- | --- |`;
  return [head, ...rows].join('\n');
}

/** The conformance rows as a page to read. */
export function renderConformance(groups: readonly ConformanceGroup[]): string {
  const count = groups.reduce((sum, group) => sum + group.rows.length, 0);
  const note =
    'Written from `test/unit/local/event-bus/conformance/` by its test with `WRITE_PAGES=1`; change the rows there.';
  return `# Event patterns: ${count} rules with input and answer\n\n${note}\n\n${groups.map(renderGroup).join('\n\n')}\n`;
}
