import { type AstNode, childList, isFunction, walk } from '../code-review/analysers/ast.ts';
import { functionName, isDecision } from '../code-review/analysers/complexity/analyse-complexity.ts';
import { fileKind } from '../code-review/analysers/file-kind.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';
import { countLines } from './count-lines.ts';
import type { DebtItem } from './debt.ts';

/** A function with what is counted of it. */
export interface MeasuredFunction {
  readonly node: AstNode;
  readonly name: string;
  readonly line: number;
  readonly endLine: number;
  complexity: number;
  readonly parameters: number;
}

const maxLines = 60;
const maxParameters = 4;
const maxFileLines = 400;
const minutesPerDecision = 6;

/** All functions of a script, each counted without the functions inside it. */
export function measureFunctions(file: SourceFile): MeasuredFunction[] {
  if (fileKind(file.path) !== 'script') return [];
  const { program, lines } = parseSource(file);
  const measured = new Map<AstNode, MeasuredFunction>();
  walk(program, (node, ancestors) => {
    if (isFunction(node)) {
      measured.set(node, {
        node,
        name: functionName(node, ancestors),
        line: lines.lineAt(node.start),
        endLine: lines.lineAt(Math.max(node.start, node.end - 1)),
        complexity: 1,
        parameters: childList(node, 'params').length,
      });
      return;
    }
    const owner = isDecision(node) ? ancestors.findLast((ancestor) => measured.has(ancestor)) : undefined;
    const measure = owner === undefined ? undefined : measured.get(owner);
    if (measure !== undefined) measure.complexity += 1;
  });
  return [...measured.values()];
}

/** Functions above a complexity; long ones, ones of many parameters, and large files. */
export function findComplexity(files: readonly SourceFile[], threshold: number): DebtItem[] {
  return files.flatMap((file) => {
    const functions = measureFunctions(file);
    return [
      ...functions.flatMap((each) => complexityOf(file, each, threshold)),
      ...functions.flatMap((each) => smellsOf(file, each)),
      ...sizeOf(file),
    ];
  });
}

function complexityOf(file: SourceFile, each: MeasuredFunction, threshold: number): DebtItem[] {
  const { name, line, endLine, complexity } = each;
  if (complexity <= threshold) return [];
  return [
    {
      id: `complexity:${file.path}:${line}`,
      category: 'complexity',
      severity: complexity > threshold * 2 ? 'high' : 'medium',
      title: `${name} has a complexity of ${complexity}`,
      places: [{ file: file.path, line, endLine }],
      measure: complexity,
      limit: threshold,
      minutes: (complexity - threshold) * minutesPerDecision,
    },
  ];
}

function smellsOf(file: SourceFile, { name, line, endLine, parameters }: MeasuredFunction): DebtItem[] {
  const smell = (kind: string, title: string, counts: Pick<DebtItem, 'measure' | 'limit' | 'minutes'>): DebtItem[] =>
    counts.measure <= counts.limit
      ? []
      : [
          {
            id: `${kind}:${file.path}:${line}`,
            category: 'smell',
            severity: 'low',
            title: `${name} ${title}`,
            places: [{ file: file.path, line, endLine }],
            ...counts,
          },
        ];
  const length = endLine - line + 1;
  return [
    ...smell('long', `is ${length} lines long`, { measure: length, limit: maxLines, minutes: Math.ceil(length / 4) }),
    ...smell('parameters', `takes ${parameters} parameters`, {
      measure: parameters,
      limit: maxParameters,
      minutes: 15,
    }),
  ];
}

function sizeOf({ path, text }: SourceFile): DebtItem[] {
  const lines = fileKind(path) === 'script' ? countLines(text) : 0;
  if (lines <= maxFileLines) return [];
  return [
    {
      id: `large:${path}`,
      category: 'smell',
      severity: 'low',
      title: `${path} has ${lines} lines`,
      places: [{ file: path, line: 1, endLine: lines }],
      measure: lines,
      limit: maxFileLines,
      minutes: Math.ceil(lines / 8),
    },
  ];
}
