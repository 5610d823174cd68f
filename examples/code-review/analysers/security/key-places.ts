import type { AstNode } from '../ast.ts';
import { child, childList, propertyName, text } from '../ast.ts';
import { isPlaceholder, isStandIn, looksRandom } from './secret-formats.ts';

const SHORTEST_TOKEN = 16;

/** What a text is that is the value of an HTTP `Authorization` header with its credential; undefined for others. */
export function headerCredential(value: string): string | undefined {
  const [, scheme = '', token = ''] = /^(Bearer|Basic) ([A-Za-z0-9._~+/-]+=*)$/.exec(value) ?? [];
  if (token.length < SHORTEST_TOKEN || isPlaceholder(token)) return undefined;
  if (scheme === 'Basic') return isUserAndPassword(token) ? 'Password in a Basic header' : undefined;
  return /\d/.test(token) && looksRandom(token) ? 'Token in a Bearer header' : undefined;
}

function isUserAndPassword(base64: string): boolean {
  const [, password = ''] = /^[\x21-\x7e]+?:([\x20-\x7e]+)$/.exec(Buffer.from(base64, 'base64').toString()) ?? [];
  return password !== '' && !isPlaceholder(password);
}

/**
 * What a text is that stands where a library takes the key of its signatures: there even a plain word is the secret.
 * Undefined elsewhere, and for what says that it is to be replaced.
 */
export function libraryKey(node: AstNode, ancestors: readonly AstNode[], value: string): string | undefined {
  if (isStandIn(value)) return undefined;
  const [around, parent] = ancestors.slice(-2);
  if (parent?.type === 'CallExpression') return signingKey(parent, node);
  const isListed = parent?.type === 'ArrayExpression';
  return optionSecret(isListed ? around : parent, ancestors.at(isListed ? -4 : -3));
}

function optionSecret(property: AstNode | undefined, call: AstNode | undefined): string | undefined {
  if (property?.type !== 'Property' || propertyName(property) !== 'secret' || call?.type !== 'CallExpression')
    return undefined;
  const name = calleeName(call);
  return /^(?:\w*session|express_?jwt|jwt)$/i.test(name) ? `Secret of ${name}` : undefined;
}

function signingKey(call: AstNode, key: AstNode): string | undefined {
  const name = calleeName(call);
  const position = childList(call, 'arguments').indexOf(key);
  const object = text(child(child(call, 'callee'), 'object'), 'name') ?? '';
  if (position === 0 && /^cookie_?parser$/i.test(name)) return `Secret of ${name}`;
  const isToken = /^(?:jwt|jsonwebtoken)$/i.test(object) && /^(?:sign|verify)$/.test(name);
  return position === 1 && isToken ? `Secret of ${object}.${name}` : undefined;
}

function calleeName(call: AstNode): string {
  const callee = child(call, 'callee');
  return text(callee, 'name') ?? propertyName(callee) ?? '';
}
