import type { AstNode } from '../ast.ts';
import { child, childList, unwrap } from '../ast.ts';
import type { Place } from './code-facts.ts';
import { referenceName } from './code-facts.ts';

/** A call of something that has a name outside of this file. */
export interface Call {
  /** Canonical, as of {@link referenceName}. */
  readonly name: string;
  readonly parameters: readonly AstNode[];
}

/** Reads a call; `f.call(owner, …)` is one of `f`, `f.apply(owner, list)` one with the list as its parameters. */
export function readCall(node: AstNode, place: Place): Call | undefined {
  const name = referenceName(child(node, 'callee'), place);
  const parameters = childList(node, 'arguments');
  if (name === undefined) return undefined;
  const [, target = name, way] = /^(.+)\.(call|apply)$/.exec(name) ?? [];
  if (way === undefined) return { name, parameters };
  const list = unwrap(parameters[1]);
  const isSpread = way === 'apply' && list?.type === 'ArrayExpression';
  return { name: target, parameters: isSpread ? childList(list, 'elements') : parameters.slice(1) };
}
