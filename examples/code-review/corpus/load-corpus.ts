import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../analysers/finding.ts';

/** A snippet with what a rule has to say about it. */
export interface LabelledCase {
  readonly rule: string;
  readonly name: string;
  /** The lines of the first file that the rule reports; empty for a look-alike. */
  readonly lines: readonly number[];
  readonly files: readonly SourceFile[];
}

/** Reads every labelled case beside this module. @throws Error when a corpus file does not follow the format. */
export function loadCorpus(directory: string = import.meta.dirname): LabelledCase[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.txt'))
    .toSorted()
    .flatMap((name) => parseCorpus(readFileSync(join(directory, name), 'utf8'), name));
}

function parseCorpus(text: string, name: string): LabelledCase[] {
  const [head = '', ...sections] = text.split(/^=== /m);
  const rule = /^# (\S+)/.exec(head)?.[1];
  if (rule === undefined) throw new Error(`${name} does not start with "# rule"`);
  return sections.map((section) => parseCase(rule, section, name));
}

function parseCase(rule: string, section: string, name: string): LabelledCase {
  const [header = '', ...parts] = section.split(/^--- /m);
  const label = /^(?:true ([\d,]+)|alike): (.+)\n$/.exec(header);
  if (label === null || parts.length === 0) throw new Error(`${name}: a case is malformed: ${header}`);
  const lines = label[1] === undefined ? [] : label[1].split(',').map(Number);
  return { rule, name: label[2] ?? '', lines, files: parts.map(parseFile) };
}

function parseFile(part: string): SourceFile {
  const end = part.indexOf('\n');
  const body = part.slice(end + 1).replace(/\n+$/, '\n');
  const repeated = body.replace(/^([ \t]*)@repeat (\d+) (.*)$/gm, (_line, indent: string, count: string, template: string) =>
    Array.from({ length: Number(count) }, (_each, at) => indent + template.replaceAll('$', String(at + 1))).join('\n'),
  );
  const text = repeated.replace(/⟦([^⟧]*)⟧/g, (_match, pieces: string) => pieces.replaceAll('|', ''));
  return { path: part.slice(0, end).trim(), text };
}
