import { type AstNode, isFunction, text, walk } from '../code-review/analysers/ast.ts';
import { isDecision } from '../code-review/analysers/complexity/analyse-complexity.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';
import type { Extraction } from './debt.ts';
import { type MeasuredFunction, measureFunctions } from './find-complexity.ts';

/** A statement of a function with what leaves the function together with it. */
interface Part {
  readonly node: AstNode;
  readonly decisions: number;
}

const statements = new Set([
  'IfStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'TryStatement',
  'SwitchStatement',
]);
const loops = new Set(['ForStatement', 'ForInStatement', 'ForOfStatement', 'WhileStatement', 'DoWhileStatement']);
/** What leaves a function otherwise than at its end cannot be moved into another one as it stands. */
const leaving = new Set(['ReturnStatement', 'YieldExpression']);

/** What of a function to take out, and what is left of it then. */
export interface ExtractionPlan {
  readonly extractions: Extraction[];
  readonly complexityAfter: number;
}

/** Takes the largest parts that stay below the limit themselves out of a function until it is below it too. */
export function proposeExtractions(file: SourceFile, line: number, limit: number): ExtractionPlan | undefined {
  const measured = measureFunctions(file)
    .filter((each) => each.line === line)
    .toSorted((left, right) => right.complexity - left.complexity)[0];
  if (measured === undefined) return undefined;
  const chosen: Part[] = [];
  let complexityAfter = measured.complexity;
  const parts = partsOf(measured.node).toSorted((left, right) => right.decisions - left.decisions);
  for (const part of parts) {
    if (complexityAfter <= limit) break;
    const isTaken = chosen.some(({ node }) => contains(node, part.node) || contains(part.node, node));
    if (isTaken || part.decisions + 1 > limit) continue;
    chosen.push(part);
    complexityAfter -= part.decisions;
  }
  const extractions = chosen
    .toSorted((left, right) => left.node.start - right.node.start)
    .map((part, index) => describe(file, measured, part, index));
  return { extractions, complexityAfter };
}

function contains(outer: AstNode, inner: AstNode): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function partsOf(owner: AstNode): Part[] {
  const parts: Part[] = [];
  walk(owner, (node) => {
    if (node !== owner && isFunction(node)) return false;
    if (statements.has(node.type) && isMovable(node)) parts.push({ node, decisions: decisionsIn(node) });
    return undefined;
  });
  return parts.filter(({ decisions }) => decisions > 0);
}

function decisionsIn(part: AstNode): number {
  let decisions = 0;
  walk(part, (node) => {
    if (isFunction(node)) return false;
    if (isDecision(node)) decisions += 1;
    return undefined;
  });
  return decisions;
}

/** Whether nothing in it jumps out of it. */
function isMovable(part: AstNode): boolean {
  let movable = true;
  walk(part, (node, ancestors) => {
    if (isFunction(node)) return false;
    if (leaving.has(node.type)) movable = false;
    const isJump = node.type === 'BreakStatement' || node.type === 'ContinueStatement';
    const target = (each: AstNode): boolean =>
      loops.has(each.type) || (node.type === 'BreakStatement' && each.type === 'SwitchStatement');
    if (isJump && (node['label'] !== null || !ancestors.some(target))) movable = false;
    return undefined;
  });
  return movable;
}

function describe(file: SourceFile, owner: MeasuredFunction, part: Part, index: number): Extraction {
  const { lines } = parseSource(file);
  const { used, assigned, declared } = namesIn(part.node);
  const outer = namesIn(owner.node).declared;
  const isOuter = (name: string): boolean => outer.has(name) && !declared.has(name);
  const base = owner.name.replace(/^(?:Function|Method) /, '').replace(/\W+/g, '');
  return {
    place: {
      file: file.path,
      line: lines.lineAt(part.node.start),
      endLine: lines.lineAt(Math.max(part.node.start, part.node.end - 1)),
    },
    name: `${base === '' || base.startsWith('An') ? 'part' : base}Part${index + 1}`,
    complexity: part.decisions + 1,
    parameters: [...used].filter(isOuter).toSorted(),
    results: [...assigned].filter(isOuter).toSorted(),
  };
}

interface Names {
  readonly used: Set<string>;
  readonly assigned: Set<string>;
  readonly declared: Set<string>;
}

/** Names that a piece of code mentions, writes to, and declares itself. */
function namesIn(part: AstNode): Names {
  const names: Names = { used: new Set(), assigned: new Set(), declared: new Set() };
  walk(part, (node, ancestors) => {
    if (node.type !== 'Identifier') return;
    const parent = ancestors.at(-1);
    const name = text(node, 'name') ?? '';
    if (parent === undefined || isLabelOf(parent, node)) return;
    const isDeclared = isDeclaration(node, parent, ancestors);
    if (isDeclared) names.declared.add(name);
    else names.used.add(name);
    const isWritten =
      (parent.type === 'AssignmentExpression' && parent['left'] === node) || parent.type === 'UpdateExpression';
    if (isWritten) names.assigned.add(name);
  });
  return names;
}

function isDeclaration(node: AstNode, parent: AstNode, ancestors: readonly AstNode[]): boolean {
  if (ancestors.some(({ type }) => type.endsWith('Pattern'))) return true;
  if (parent.type === 'VariableDeclarator') return parent['id'] === node;
  const isBinder = isFunction(parent) || parent.type === 'CatchClause';
  return isBinder && parent['body'] !== node && parent['id'] !== node;
}

/** Whether an identifier is only the name of a member. */
function isLabelOf(parent: AstNode, node: AstNode): boolean {
  const isMember = parent.type === 'MemberExpression' && parent['property'] === node;
  const isKey = parent.type === 'Property' && parent['key'] === node && parent['shorthand'] !== true;
  return (isMember || isKey) && parent['computed'] !== true;
}
