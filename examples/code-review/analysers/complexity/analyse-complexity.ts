import type { AstNode } from '../ast.ts';
import { child, isFunction, propertyName, text, walk } from '../ast.ts';
import { fileKind, isGenerated, isMinified } from '../file-kind.ts';
import type { Finding, SourceFile } from '../finding.ts';
import type { ParsedSource } from '../parse-source.ts';
import { parseSource } from '../parse-source.ts';

const AGENT = 'complexity';
/** The highest cyclomatic complexity that passes. */
export const COMPLEXITY_THRESHOLD = 15;
const TWICE = 2;

const DECISIONS = new Set([
  'IfStatement',
  'ConditionalExpression',
  'LogicalExpression',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'CatchClause',
]);

/**
 * Reports functions whose cyclomatic complexity is above {@link COMPLEXITY_THRESHOLD}.
 *
 * Counted: 1, plus one per `if`, `?:`, loop, `case`, `catch`, `&&`, `||`, `??` and their assignments. A nested function
 * counts for itself only. Optional chaining, default values and `default:` are not counted.
 */
export function analyseComplexity(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => fileKind(file.path) === 'script' && !isGenerated(file.text) && !isMinified(file.path, file.text))
    .flatMap((file) => complexFunctions(parseSource(file)));
}

interface Measured {
  complexity: number;
  cases: number;
  readonly name: string;
}

function complexFunctions(source: ParsedSource): Finding[] {
  const measured = new Map<AstNode, Measured>();
  walk(source.program, (node, ancestors) => {
    if (isFunction(node) || node.type === 'StaticBlock') {
      measured.set(node, { complexity: 1, cases: 0, name: functionName(node, ancestors) });
      return;
    }
    if (!isDecision(node)) return;
    const owner = ancestors.findLast((ancestor) => measured.has(ancestor));
    const measure = owner === undefined ? undefined : measured.get(owner);
    if (measure === undefined) return;
    measure.complexity += 1;
    if (node.type === 'SwitchCase') measure.cases += 1;
  });
  return [...measured]
    .filter(([, measure]) => measure.complexity > COMPLEXITY_THRESHOLD)
    .map(([node, measure]) => finding(source, node, measure));
}

/** Whether a node adds one to the complexity of its function. */
export function isDecision(node: AstNode): boolean {
  if (DECISIONS.has(node.type)) return true;
  if (node.type === 'SwitchCase') return child(node, 'test') !== undefined;
  return node.type === 'AssignmentExpression' && /^(?:&&|\|\||\?\?)=$/.test(text(node, 'operator') ?? '');
}

function finding(source: ParsedSource, node: AstNode, measure: Measured): Finding {
  const line = source.lines.lineAt(node.start);
  const advice =
    measure.cases * TWICE > measure.complexity
      ? 'most of it is switch cases, which a lookup table replaces'
      : 'split it into functions that each decide one thing';
  return {
    rule: 'complexity/cyclomatic',
    severity: measure.complexity > COMPLEXITY_THRESHOLD * TWICE ? 'high' : 'medium',
    file: source.file.path,
    line,
    endLine: source.lines.lineAt(Math.max(node.start, node.end - 1)),
    message: `${measure.name} has a cyclomatic complexity of ${measure.complexity} (limit ${COMPLEXITY_THRESHOLD}); ${advice}`,
    evidence: source.lines.evidenceAt(line),
    agent: AGENT,
  };
}

/** What a function is called in a report. */
export function functionName(node: AstNode, ancestors: readonly AstNode[]): string {
  const own = text(child(node, 'id'), 'name');
  if (own !== undefined) return `Function ${own}`;
  const parent = ancestors.at(-1);
  if (parent?.type === 'MethodDefinition' || parent?.type === 'Property' || parent?.type === 'PropertyDefinition') {
    const name = propertyName(parent);
    if (name !== undefined) return `Method ${name}`;
  }
  const target = child(parent, 'id') ?? child(parent, 'left');
  const name = text(target, 'name') ?? propertyName(target);
  return name === undefined ? 'An anonymous function' : `Function ${name}`;
}
