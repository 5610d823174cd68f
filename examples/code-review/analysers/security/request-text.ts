import type { AstNode } from '../ast.ts';
import { child, propertyName, text, unwrap } from '../ast.ts';
import type { Place } from './code-facts.ts';

const MAX_DEPTH = 12;
const REQUEST = /^(?:req|request|ctx|context|event)$/;
const REQUEST_PARTS = /^(?:query|body|params|headers|cookies|queryStringParameters|pathParameters)$/;

/** Whether the expression is a text of a request as it came. What the command line names is the user's own choice. */
export function isRequestText(node: AstNode | undefined, place: Place, depth = 0): boolean {
  const target = unwrap(node);
  if (target === undefined || depth > MAX_DEPTH) return false;
  return isRequestPart(target) || originsOf(target, place).some((each) => isRequestText(each, place, depth + 1));
}

/** `req.body`, `ctx.request.query`, `event.pathParameters`. */
function isRequestPart(target: AstNode): boolean {
  if (target.type !== 'MemberExpression' || !REQUEST_PARTS.test(propertyName(target) ?? '')) return false;
  const owner = unwrap(child(target, 'object'));
  return REQUEST.test(text(owner, 'name') ?? propertyName(owner) ?? '');
}

/** What an expression takes its value from, unchanged. */
function originsOf(target: AstNode, place: Place): readonly (AstNode | undefined)[] {
  switch (target.type) {
    case 'Identifier':
      return place.scopes.resolve(text(target, 'name') ?? '', place.ancestors)?.values ?? [];
    case 'MemberExpression':
      return [child(target, 'object')];
    case 'LogicalExpression':
      return [child(target, 'left'), child(target, 'right')];
    case 'ConditionalExpression':
      return [child(target, 'consequent'), child(target, 'alternate')];
    default:
      return [];
  }
}
