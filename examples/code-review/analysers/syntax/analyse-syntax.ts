import { fileKind } from '../file-kind.ts';
import type { Finding, SourceFile } from '../finding.ts';
import { LineIndex } from '../line-index.ts';
import { parseSource } from '../parse-source.ts';
import { locateJsonError } from './locate-json-error.ts';
import { allowsJsonComments, stripJsonComments } from './strip-json-comments.ts';

const AGENT = 'syntax';
/** After the first few, parser errors are echoes of the earlier ones. */
const MAX_ERRORS_PER_FILE = 5;

/** Reports what keeps scripts and JSON files from being read at all, at the line where the reader stumbles. */
export function analyseSyntax(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const kind = fileKind(file.path);
    if (kind === 'script' || kind === 'declaration') return scriptErrors(file);
    return kind === 'json' ? jsonErrors(file) : [];
  });
}

function scriptErrors(file: SourceFile): Finding[] {
  // Flow annotations are another language; what the parser says about them is not about the author's mistakes.
  if (/\.[cm]?jsx?$/i.test(file.path) && /^[^;{}]{0,800}@flow\b/.test(file.text)) return [];
  const { errors, lines } = parseSource(file);
  const seen = new Set<number>();
  const findings: Finding[] = [];
  for (const error of errors) {
    const line = lines.lineAt(error.offset);
    if (seen.has(line) || seen.size >= MAX_ERRORS_PER_FILE) continue;
    seen.add(line);
    const finding = parseError(file, lines, line, error.message);
    findings.push(error.isRefusal ? { ...finding, rule: 'syntax/too-deep', severity: 'medium' } : finding);
  }
  return findings;
}

function jsonErrors(file: SourceFile): Finding[] {
  if (/\.json5$/i.test(file.path)) return [];
  const text = allowsJsonComments(file.path) ? stripJsonComments(file.text) : file.text;
  const error = locateJsonError(text);
  if (error === undefined) return [];
  const lines = new LineIndex(file.text);
  return [parseError(file, lines, lines.lineAt(error.offset), `Invalid JSON: ${error.message}`)];
}

function parseError(file: SourceFile, lines: LineIndex, line: number, message: string): Finding {
  const evidence = lines.evidenceAt(line);
  return {
    rule: 'syntax/parse-error',
    severity: 'critical',
    file: file.path,
    line,
    message,
    ...(evidence === '' ? {} : { evidence }),
    agent: AGENT,
  };
}
