import { isRecord } from './json.ts';

/** Where a node of JSONata's syntax tree keeps the nodes that are evaluated in its own context. */
const parts: Readonly<Record<string, readonly string[]>> = {
  apply: ['lhs', 'rhs'],
  binary: ['lhs', 'rhs'],
  bind: ['rhs'],
  block: ['expressions'],
  condition: ['condition', 'then', 'else'],
  function: ['procedure', 'arguments'],
  lambda: ['body'],
  partial: ['procedure', 'arguments'],
  unary: ['expression', 'expressions', 'lhs'],
};

/** `$` is the context item and `$$` the root of it; every other variable is one of the workflow's or a function. */
const contextVariables: Readonly<Record<string, string>> = { '': '$', $: '$$' };

/**
 * What an expression reads of a context item, which Step Functions does not give it: `phone`, `$` and `$$`, each once,
 * in the order written. Of a path only the first step can: later steps, predicates, sort terms and groups are evaluated
 * against what the step before gave.
 */
export function topLevelReferences(tree: unknown): readonly string[] {
  return [...new Set(collect(tree))];
}

function collect(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(collect);
  if (!isRecord(node)) return [];
  const { type, value, steps } = node;
  if (type === 'name') return [String(value)];
  if (type === 'variable') return [contextVariables[String(value)] ?? []].flat();
  if (type === 'path') return Array.isArray(steps) ? collect(steps[0]) : [];
  return (parts[String(type)] ?? []).flatMap((part) => collect(node[part]));
}
