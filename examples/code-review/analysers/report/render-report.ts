import type { Finding, Severity } from '../finding.ts';
import { SEVERITIES } from '../finding.ts';
import type { ReviewReport } from './build-report.ts';

/** How a report is shown. */
export interface RenderOptions {
  /** @default false */
  readonly color?: boolean;
  /** Columns of the terminal. @default 100 */
  readonly width?: number;
  /** Findings shown for each rule of a severity; the rest is counted. @default 12 */
  readonly maxPerRule?: number;
}

const COLORS: Readonly<Record<Severity | 'bold' | 'dim', string>> = {
  critical: '1;31',
  high: '31',
  medium: '33',
  low: '36',
  info: '2',
  bold: '1',
  dim: '2',
};
const DEFAULT_WIDTH = 100;
const MIN_WIDTH = 40;
const DEFAULT_PER_RULE = 12;
const MAX_LOCATION = 48;
const MINUTES_PER_HOUR = 60;

type Paint = (style: keyof typeof COLORS, text: string) => string;
interface View {
  readonly paint: Paint;
  readonly width: number;
  readonly maxPerRule: number;
}

/** A readable review for a terminal: findings by severity with file and line, then what to do first. */
export function renderReport(report: ReviewReport, options: RenderOptions = {}): string {
  const view: View = {
    paint: (style, text) => (options.color === true ? `\u001b[${COLORS[style]}m${text}\u001b[0m` : text),
    width: Math.max(MIN_WIDTH, options.width ?? DEFAULT_WIDTH),
    maxPerRule: options.maxPerRule ?? DEFAULT_PER_RULE,
  };
  const sections = [
    [view.paint('bold', headline(report))],
    ...SEVERITIES.map((severity) => severitySection(report, severity, view)),
    recommendationSection(report, view),
    consensusSection(report, view),
    coverageSection(report, view),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headline({ summary }: ReviewReport): string {
  const files = `${summary.files} ${plural(summary.files, 'file')}`;
  if (summary.findings === 0) return `Reviewed ${files}: no findings`;
  const counts = SEVERITIES.filter((severity) => summary.bySeverity[severity] > 0)
    .map((severity) => `${summary.bySeverity[severity]} ${severity}`)
    .join(', ');
  const found = `${summary.findings} ${plural(summary.findings, 'finding')}`;
  return `Reviewed ${files}: ${found} in ${summary.filesWithFindings} ${plural(summary.filesWithFindings, 'file')} (${counts})`;
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}

function severitySection(report: ReviewReport, severity: Severity, view: View): string[] {
  const findings = report.findings.filter((finding) => finding.severity === severity);
  if (findings.length === 0) return [];
  const groups = [...Map.groupBy(findings, (finding) => finding.rule)];
  const shown = groups.flatMap(([, group]) => group.slice(0, view.maxPerRule));
  const column = Math.min(MAX_LOCATION, view.width / 2, Math.max(...shown.map((finding) => location(finding).length)));
  const title = view.paint(severity, `${severity.toUpperCase()} (${findings.length})`);
  return [title, ...groups.flatMap(([rule, group]) => ruleLines(rule, group, { ...view, column: Math.floor(column) }))];
}

function ruleLines(rule: string, group: readonly Finding[], view: View & { readonly column: number }): string[] {
  const lines = group.slice(0, view.maxPerRule).flatMap((finding) => findingLines(finding, view));
  const rest = group.length - view.maxPerRule;
  const more = rest > 0 ? [`    ${view.paint('dim', `… and ${rest} more of ${rule}`)}`] : [];
  return [`  ${view.paint('dim', rule)}`, ...lines, ...more];
}

function findingLines(finding: Finding, view: View & { readonly column: number }): string[] {
  const where = location(finding);
  const indent = 4 + view.column + 2;
  const [first = '', ...rest] = wrap(plain(finding.message), view.width - indent);
  // A path too long for the column stands on its own line: it is what a reader clicks on, so it is never cut.
  const isLong = where.length > view.column;
  const head = isLong
    ? [`    ${where}`, `${' '.repeat(indent)}${first}`]
    : [`    ${where.padEnd(view.column)}  ${first}`];
  return [...head, ...rest.map((line) => ' '.repeat(indent) + line)];
}

function location(finding: Finding): string {
  return `${plain(finding.file)}:${finding.line}`;
}

/** Control characters from reviewed files must not reach the terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function recommendationSection(report: ReviewReport, view: View): string[] {
  if (report.recommendations.length === 0) return [];
  const lines = report.recommendations.flatMap((each) => {
    const effort = `${each.occurrences} ${plural(each.occurrences, 'place')}, ${each.effort} effort (about ${duration(each.effortMinutes)})`;
    const title = `  ${each.priority}. ${view.paint('bold', each.title)} ${view.paint(each.severity, `[${each.severity}]`)} ${effort}`;
    return [title, ...wrap(each.advice, view.width - 5).map((line) => `     ${line}`)];
  });
  return [view.paint('bold', 'WHAT TO DO FIRST'), ...lines];
}

function consensusSection({ consensus }: ReviewReport, view: View): string[] {
  if (consensus === undefined) return [];
  const { decision, votes } = consensus;
  const verdict = decision === 'approve' ? 'approved' : 'changes requested';
  const width = Math.max(...votes.map(({ agent }) => agent.length));
  return [
    view.paint('bold', `TOGETHER: ${verdict}`),
    ...votes.map(
      ({ agent, decision: vote, reasoning }) =>
        `  ${plain(agent).padEnd(width)}  ${vote === 'approve' ? 'approves' : 'asks for changes'}: ${plain(reasoning)}`,
    ),
  ];
}

function duration(minutes: number): string {
  return minutes < MINUTES_PER_HOUR ? `${minutes} min` : `${Math.round(minutes / MINUTES_PER_HOUR)} h`;
}

function coverageSection(report: ReviewReport, view: View): string[] {
  const languages = [...Map.groupBy(report.notAnalysed, (each) => each.language)].map(
    ([language, files]) => `${language} (${files.length})`,
  );
  const reasons = [...Map.groupBy(report.skipped, (each) => each.reason)].map(
    ([reason, files]) => `${reason} (${files.length})`,
  );
  const lines = [
    ...(languages.length > 0 ? [`Searched for secrets only, language not analysed: ${languages.join(', ')}`] : []),
    ...(reasons.length > 0 ? [`Not reviewed: ${reasons.join(', ')}`] : []),
  ];
  return lines.flatMap((line) => wrap(line, view.width)).map((line) => view.paint('dim', line));
}
