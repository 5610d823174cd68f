import { type AstNode, child, childList, text, walk } from '../code-review/analysers/ast.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';
import type { Diagnosis } from './incident.ts';

/** One change of a file. */
export interface Candidate {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly change: string;
}

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const defaults = ['0', "''", '[]', 'null', 'false'];
const opposites: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>'],
  '<=': ['<', '>='],
  '>': ['>=', '<'],
  '>=': ['>', '<='],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&', '??'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
};
const maxCandidates = 300;

/** Changes that may make a service right: those at the place of the failure first, then small ones everywhere. */
export function proposeFixes(files: readonly SourceFile[], diagnosis: Diagnosis): Candidate[] {
  const found: Candidate[] = [];
  const seen = new Set<string>();
  for (const file of files) {
    const isSuspect = diagnosis.file === file.path;
    const isUnknown = diagnosis.line === undefined;
    const guards = isSuspect || isUnknown ? guardsOn(file, diagnosis.line) : [];
    const edits = [...guards, ...(isUnknown || isSuspect ? mutations(file) : [])];
    for (const edit of edits) {
      const candidate = candidateOf(file, edit);
      const key = `${candidate.file}\n${candidate.text}`;
      if (!seen.has(key)) found.push(candidate);
      seen.add(key);
    }
  }
  return found.slice(0, maxCandidates);
}

function candidateOf(file: SourceFile, { start, end, text: replaced }: Replacement): Candidate {
  return {
    file: file.path,
    line: parseSource(file).lines.lineAt(start),
    text: file.text.slice(0, start) + replaced + file.text.slice(end),
    change: `${file.text.slice(start, end)} → ${replaced}`,
  };
}

/** Guards against missing values on a line, or everywhere when no place is known. */
function guardsOn(file: SourceFile, line: number | undefined): Replacement[] {
  const { program, lines } = parseSource(file);
  const edits: Replacement[] = [];
  walk(program, (node, ancestors) => {
    const [first, last] = [lines.lineAt(node.start), lines.lineAt(node.end)];
    if (line !== undefined && (first > line || last < line)) return false;
    if (line === undefined || first === line || last === line) edits.push(...guards(file, node, ancestors));
    return undefined;
  });
  return edits;
}

function guards(file: SourceFile, node: AstNode, ancestors: readonly AstNode[]): Replacement[] {
  const source = (part: AstNode): string => file.text.slice(part.start, part.end);
  const object = child(node, 'object');
  if (node.type === 'MemberExpression' && object !== undefined && node['optional'] !== true) {
    const optional = `${source(object)}?.${file.text.slice(object.end, node.end).replace(/^\s*\./, '')}`;
    const chain = outermost(node, ancestors);
    const rest = file.text.slice(node.end, chain.end);
    const before = file.text.slice(chain.start, node.start);
    const whole = `${before}${optional}${rest}`;
    const given = defaults.map((value) => ({ start: chain.start, end: chain.end, text: `(${whole} ?? ${value})` }));
    const objects = ['{}', '[]'].map((value) => ({
      start: object.start,
      end: object.end,
      text: `(${source(object)} ?? ${value})`,
    }));
    return [...given, { start: chain.start, end: chain.end, text: whole }, ...objects];
  }
  const list =
    node.type === 'ForOfStatement'
      ? child(node, 'right')
      : node.type === 'SpreadElement'
        ? child(node, 'argument')
        : undefined;
  if (list !== undefined) return [{ start: list.start, end: list.end, text: `(${source(list)} ?? [])` }];
  const right = child(node, 'right');
  if (
    node.type === 'BinaryExpression' &&
    (text(node, 'operator') === '/' || text(node, 'operator') === '%') &&
    right !== undefined
  )
    return ['0', '1'].map((value) => ({
      start: node.start,
      end: node.end,
      text: `(${source(right)} === 0 ? ${value} : ${source(node)})`,
    }));
  return [];
}

/** The chain of members and calls that a member begins. */
function outermost(node: AstNode, ancestors: readonly AstNode[]): AstNode {
  let chain = node;
  for (const each of ancestors.toReversed()) {
    const continues =
      (each.type === 'MemberExpression' && child(each, 'object') === chain) ||
      (each.type === 'CallExpression' && child(each, 'callee') === chain) ||
      each.type === 'ChainExpression';
    if (!continues) break;
    chain = each;
  }
  return chain;
}

/** Another operator, or a number one off: what slips through a review. */
function mutations(file: SourceFile): Replacement[] {
  const edits: Replacement[] = [];
  walk(parseSource(file).program, (node) => {
    edits.push(...otherOperators(file, node), ...numbersBeside(node));
    if (node.type === 'IfStatement') edits.push(...negated(file, child(node, 'test')));
    for (const argument of swappable(node)) edits.push(...swapped(file, argument));
  });
  return edits;
}

function otherOperators(file: SourceFile, node: AstNode): Replacement[] {
  const operator = text(node, 'operator');
  const left = child(node, 'left');
  if (!/^(?:Binary|Logical)Expression$/.test(node.type) || operator === undefined || left === undefined) return [];
  const at = file.text.indexOf(operator, left.end);
  return (opposites[operator] ?? []).map((other) => ({ start: at, end: at + operator.length, text: other }));
}

function numbersBeside({ type, start, end, ...rest }: AstNode): Replacement[] {
  const { value } = rest;
  if (type !== 'Literal' || typeof value !== 'number' || !Number.isInteger(value)) return [];
  return [value + 1, value - 1].map((other) => ({ start, end, text: other < 0 ? `(${other})` : String(other) }));
}

function negated(file: SourceFile, test: AstNode | undefined): Replacement[] {
  if (test === undefined) return [];
  return [{ start: test.start, end: test.end, text: `!(${file.text.slice(test.start, test.end)})` }];
}

function swappable(node: AstNode): (readonly [AstNode, AstNode])[] {
  const [first, second, ...others] = node.type === 'CallExpression' ? childList(node, 'arguments') : [];
  return first === undefined || second === undefined || others.length > 0 ? [] : [[first, second]];
}

function swapped(file: SourceFile, [first, second]: readonly [AstNode, AstNode]): Replacement[] {
  const source = (part: AstNode): string => file.text.slice(part.start, part.end);
  const between = file.text.slice(first.end, second.start);
  return [{ start: first.start, end: second.end, text: `${source(second)}${between}${source(first)}` }];
}
