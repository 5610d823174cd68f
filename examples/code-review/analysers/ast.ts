import { visitorKeys } from 'oxc-parser';

/** A node of the ESTree (with TypeScript and JSX nodes) as far as generic walking needs to know it. */
export interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Whether an unknown value is a node. */
export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The child node under a key, when there is one. */
export function child(node: AstNode | undefined, key: string): AstNode | undefined {
  const value = node?.[key];
  return isNode(value) ? value : undefined;
}

/** The child nodes of a list under a key; holes are left out. */
export function childList(node: AstNode | undefined, key: string): AstNode[] {
  const value = node?.[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The string under a key, such as an operator or a name. */
export function text(node: AstNode | undefined, key: string): string | undefined {
  const value = node?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** All direct children in source order of their keys. */
export function children(node: AstNode): AstNode[] {
  const found: AstNode[] = [];
  for (const key of visitorKeys[node.type] ?? []) {
    const value = node[key];
    if (Array.isArray(value)) found.push(...value.filter(isNode));
    else if (isNode(value)) found.push(value);
  }
  return found;
}

/** Called for each node; answering false leaves its children out. */
export type Visit = (node: AstNode, ancestors: readonly AstNode[]) => boolean | void;

/** Visits every node, parents first, without recursion so that no nesting depth overflows the stack. */
export function walk(root: AstNode, visit: Visit): void {
  const ancestors: AstNode[] = [];
  const pending: { node: AstNode; depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    ancestors.length = next.depth;
    if (visit(next.node, ancestors) === false) continue;
    ancestors.push(next.node);
    for (const node of children(next.node).toReversed()) pending.push({ node, depth: next.depth + 1 });
  }
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Whether the node is a function with a body of its own. */
export function isFunction(node: AstNode): boolean {
  return FUNCTIONS.has(node.type);
}

const WRAPPERS = new Set([
  'ParenthesizedExpression',
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'ChainExpression',
  'AwaitExpression',
]);

/** The expression inside type assertions, parentheses, optional chains and `await`. */
export function unwrap(node: AstNode | undefined): AstNode | undefined {
  let inner = node;
  while (inner !== undefined && WRAPPERS.has(inner.type))
    inner = child(inner, 'expression') ?? child(inner, 'argument');
  return inner;
}

/** The value of a string literal or of a template without expressions. */
export function stringValue(node: AstNode | undefined): string | undefined {
  const inner = unwrap(node);
  if (inner?.type === 'Literal') return text(inner, 'value');
  if (inner?.type !== 'TemplateLiteral' || childList(inner, 'expressions').length > 0) return undefined;
  return templateTexts(inner)[0];
}

/** The literal pieces of a template. */
export function templateTexts(template: AstNode): string[] {
  return childList(template, 'quasis').map((quasi) => {
    const value = quasi['value'];
    if (typeof value !== 'object' || value === null) return '';
    const cooked = 'cooked' in value ? value.cooked : undefined;
    return typeof cooked === 'string' ? cooked : '';
  });
}

/** The name of a property key or member, when it is written out. */
export function propertyName(node: AstNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  const key = child(node, 'key') ?? child(node, 'property');
  if (key === undefined) return undefined;
  if (node['computed'] === true) return stringValue(key);
  return key.type === 'Literal' ? stringValue(key) : text(key, 'name');
}
