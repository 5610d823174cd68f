import type { AstNode } from '../ast.ts';
import {
  child,
  childList,
  isFunction,
  isNode,
  propertyName,
  stringValue,
  templateTexts,
  text,
  unwrap,
} from '../ast.ts';
import type { Binding, Scopes } from '../scope.ts';

/** A place in a program: its declarations and the nodes around it. */
export interface Place {
  readonly scopes: Scopes;
  readonly ancestors: readonly AstNode[];
}

const MAX_DEPTH = 12;
const GLOBAL_OBJECTS = new Set(['globalThis', 'window', 'global', 'self']);

/**
 * The canonical name of what an expression refers to: `global:eval`, `child_process.exec`, `vm.Script`;
 * undefined for anything local. Follows imports, `require`, destructuring, aliases, `(0, f)` and `promisify(f)`.
 */
export function referenceName(node: AstNode | undefined, place: Place, depth = 0): string | undefined {
  const target = unwrap(node);
  if (target === undefined || depth > MAX_DEPTH) return undefined;
  switch (target.type) {
    case 'Identifier':
      return identifierName(text(target, 'name') ?? '', place, depth);
    case 'MemberExpression':
      return memberName(target, place, depth);
    case 'SequenceExpression':
      return referenceName(childList(target, 'expressions').at(-1), place, depth + 1);
    case 'ImportExpression':
      return moduleName(stringValue(child(target, 'source')));
    case 'CallExpression':
      return callName(target, place, depth);
    default:
      return undefined;
  }
}

function identifierName(name: string, place: Place, depth: number): string | undefined {
  const binding = place.scopes.resolve(name, place.ancestors);
  if (binding === undefined) return GLOBAL_OBJECTS.has(name) ? 'global' : `global:${name}`;
  if (binding.kind === 'import') return joinMember(moduleName(binding.from), binding.member);
  if (binding.values.length !== 1 || binding.kind === 'parameter') return undefined;
  return joinMember(referenceName(binding.values[0], place, depth + 1), binding.member);
}

function memberName(target: AstNode, place: Place, depth: number): string | undefined {
  const owner = referenceName(child(target, 'object'), place, depth + 1);
  const name = propertyName(target);
  // `Object.getPrototypeOf(async () => {}).constructor` is how the hidden kinds of Function are got at.
  if (name === 'constructor' && isFunctionValue(unwrap(child(target, 'object')))) return 'global:Function';
  if (owner === undefined || name === undefined) return undefined;
  return owner === 'global' ? `global:${name}` : joinMember(owner, name);
}

function isFunctionValue(node: AstNode | undefined): boolean {
  if (node === undefined || isFunction(node)) return node !== undefined;
  const [first] = childList(node, 'arguments');
  const prototype = unwrap(first);
  return propertyName(child(node, 'callee')) === 'getPrototypeOf' && prototype !== undefined && isFunction(prototype);
}

function callName(target: AstNode, place: Place, depth: number): string | undefined {
  const callee = child(target, 'callee');
  const [first] = childList(target, 'arguments');
  if (text(callee, 'name') === 'require') return moduleName(stringValue(first));
  const name = text(callee, 'name') ?? propertyName(callee);
  return name === 'promisify' ? referenceName(first, place, depth + 1) : undefined;
}

function moduleName(specifier: string | undefined): string | undefined {
  return specifier?.replace(/^node:/, '');
}

function joinMember(owner: string | undefined, member: string | undefined): string | undefined {
  if (owner === undefined || member === undefined || member === '*' || member === 'default') return owner;
  return `${owner}.${member}`;
}

const SAFE_NAMES =
  /^(?:escape|quote|sanit|encode|purify|stringify$|number$|parseint$|parsefloat$|bigint$|boolean$|shellescape)|(?:escape|escaped|quoted|sanitized?|encoded|escapehtml|escapeid)$/i;
const SAFE_METHODS = new Set([
  'join',
  'repeat',
  'trim',
  'replace',
  'replaceAll',
  'concat',
  'slice',
  'toString',
  'toFixed',
  'toUpperCase',
  'toLowerCase',
  'padStart',
  'padEnd',
  'resolve',
  'normalize',
  'map',
  'fill',
  'split',
  'from',
  'keys',
  'filter',
  'sort',
  'toSorted',
]);
const SAFE_MEMBERS = /^(?:length|size|execPath|pid|ppid|version|platform|arch|dirname|filename|EOL|byteLength)$/;
const SAFE_IDENTIFIERS = new Set(['__dirname', '__filename', 'undefined', 'NaN', 'Infinity']);

/** Whether an expression can only have values that the author wrote, or values made harmless (numbers, escaped text). */
export function isFixed(node: AstNode | undefined, place: Place, depth = 0): boolean {
  const target = unwrap(node);
  if (target === undefined) return true;
  if (depth > MAX_DEPTH) return false;
  if (ALWAYS_FIXED.has(target.type)) return true;
  switch (target.type) {
    case 'Identifier':
      return isFixedIdentifier(text(target, 'name') ?? '', place, depth);
    case 'MemberExpression':
      return isFixedMember(target, place, depth);
    case 'CallExpression':
    case 'NewExpression':
      return isFixedCall(target, place, depth);
    default:
      return isFixedCombination(target, (nodes) => nodes.every((each) => isFixed(each, place, depth + 1)));
  }
}

/** Numbers, booleans, functions and what is written out. */
const ALWAYS_FIXED = new Set(['Literal', 'FunctionExpression', 'MetaProperty', 'UnaryExpression', 'UpdateExpression']);

function isFixedCombination(target: AstNode, all: (nodes: readonly AstNode[]) => boolean): boolean {
  if (target.type === 'ArrowFunctionExpression' && child(target, 'body')?.type === 'BlockStatement') return true;
  if (target.type === 'TaggedTemplateExpression') {
    return propertyName(child(target, 'tag')) !== 'raw' || all(childList(child(target, 'quasi'), 'expressions'));
  }
  // Every operator but + makes a number or a boolean.
  if (target.type === 'BinaryExpression' && text(target, 'operator') !== '+') return true;
  const parts = PARTS[target.type];
  return parts !== undefined && all(parts(target));
}

/** The nodes that decide the value of a composed expression. */
const PARTS: Readonly<Record<string, (node: AstNode) => AstNode[]>> = {
  TemplateLiteral: (node) => childList(node, 'expressions'),
  BinaryExpression: (node) => under(node, 'left', 'right'),
  LogicalExpression: (node) => under(node, 'left', 'right'),
  ConditionalExpression: (node) => under(node, 'consequent', 'alternate'),
  ArrayExpression: (node) => childList(node, 'elements'),
  SpreadElement: (node) => under(node, 'argument'),
  ArrowFunctionExpression: (node) => under(node, 'body'),
  SequenceExpression: (node) => childList(node, 'expressions').slice(-1),
  ObjectExpression: (node) => childList(node, 'properties').map((property) => child(property, 'value') ?? property),
};

function under(node: AstNode, ...keys: string[]): AstNode[] {
  return keys.map((key) => child(node, key)).filter(isNode);
}

function isFixedIdentifier(name: string, place: Place, depth: number): boolean {
  const binding = place.scopes.resolve(name, place.ancestors);
  if (binding === undefined) return SAFE_IDENTIFIERS.has(name);
  // A constant of another module is written by an author, too; its name is the only sign of that here.
  if (binding.kind === 'import') return /^[A-Z][A-Z0-9_]+$/.test(name);
  if (binding.kind === 'function' || binding.kind === 'class') return true;
  if (binding.values.length === 0 || binding.kind === 'parameter') return false;
  return isFixedBinding(binding, place, depth);
}

function isFixedBinding(binding: Binding, place: Place, depth: number): boolean {
  return binding.values.every((value) => isFixed(value, place, depth + 1));
}

function isFixedMember(target: AstNode, place: Place, depth: number): boolean {
  const name = propertyName(target);
  if (name !== undefined && SAFE_MEMBERS.test(name)) return true;
  const object = child(target, 'object');
  // A member of an object or list that is written out in this file, whatever the key.
  return object?.type !== 'ThisExpression' && isFixed(object, place, depth + 1);
}

function isFixedCall(target: AstNode, place: Place, depth: number): boolean {
  const callee = unwrap(child(target, 'callee'));
  const name = text(callee, 'name') ?? propertyName(callee) ?? '';
  if (SAFE_NAMES.test(name)) return true;
  const fixed = childList(target, 'arguments').every((parameter) => isFixed(parameter, place, depth + 1));
  // `ids.map(() => '?').join()`: what is made of each element is fixed, whatever the elements are.
  if (!fixed || MAKERS.has(name)) return fixed;
  if (callee?.type !== 'MemberExpression' || !SAFE_METHODS.has(name)) return false;
  const object = child(callee, 'object');
  return LIBRARIES.has(text(object, 'name') ?? '') || isFixed(object, place, depth + 1);
}

const MAKERS = new Set(['map', 'fill']);
const LIBRARIES = new Set(['path', 'Array', 'Object', 'String']);

const INPUT =
  /^(?:req|request|ctx|event|params|query|body|searchParams|location|argv|input|userInput|payload|url|formData|message|msg)$/i;

/** Whether the expression visibly contains what came from outside: a request, an event, the command line, the address bar. */
export function isExternalInput(node: AstNode | undefined, place: Place, depth = 0): boolean {
  const target = unwrap(node);
  if (target === undefined || depth > MAX_DEPTH) return false;
  const again = (each: AstNode | undefined): boolean => isExternalInput(each, place, depth + 1);
  if (target.type === 'Identifier') {
    const name = text(target, 'name') ?? '';
    const binding = place.scopes.resolve(name, place.ancestors);
    return INPUT.test(name) || (binding?.values.some((value) => again(value)) ?? false);
  }
  if (target.type === 'MemberExpression') {
    return INPUT.test(propertyName(target) ?? '') || again(child(target, 'object'));
  }
  const lists = ['expressions', 'arguments', 'elements'].flatMap((key) => childList(target, key));
  const singles = ['left', 'right', 'callee', 'consequent', 'alternate'].map((key) => child(target, key));
  return [...lists, ...singles].some((each) => again(each));
}

/** Whether text is put together from pieces: a template with expressions, a sum with a string in it, `join`, `concat`. */
export function isBuiltText(node: AstNode | undefined, place: Place, depth = 0): boolean {
  const target = unwrap(node);
  if (target === undefined || depth > MAX_DEPTH) return false;
  if (target.type === 'TemplateLiteral') return childList(target, 'expressions').length > 0;
  if (target.type === 'BinaryExpression' && text(target, 'operator') === '+') {
    return [child(target, 'left'), child(target, 'right')].some((side) => literalTexts(side, place).length > 0);
  }
  if (target.type === 'Identifier') {
    const binding = place.scopes.resolve(text(target, 'name') ?? '', place.ancestors);
    return binding?.values.some((value) => isBuiltText(value, place, depth + 1)) ?? false;
  }
  return target.type === 'CallExpression' && isBuiltByCall(target, place, depth);
}

const BUILDERS = new Set(['join', 'concat', 'replace', 'replaceAll', 'trim', 'toString']);

/** `[a, b].join(' ')`, `'a'.concat(b)`, `'a %s'.replace('%s', b)`, `util.format('a %s', b)`. */
function isBuiltByCall(call: AstNode, place: Place, depth: number): boolean {
  const callee = unwrap(child(call, 'callee'));
  if (referenceName(callee, place) === 'util.format') return childList(call, 'arguments').length > 1;
  if (!BUILDERS.has(propertyName(callee) ?? '')) return false;
  return literalTexts(child(callee, 'object'), place, depth + 1).length > 0;
}

/** The literal pieces that a text is put together from, in order, following variables. */
export function literalTexts(node: AstNode | undefined, place: Place, depth = 0): string[] {
  const target = unwrap(node);
  if (target === undefined || depth > MAX_DEPTH) return [];
  if (target.type === 'Literal') return [text(target, 'value') ?? ''].filter((value) => value !== '');
  if (target.type === 'TemplateLiteral') return templateTexts(target).filter((value) => value !== '');
  return textSources(target, place).flatMap((each) => literalTexts(each, place, depth + 1));
}

function textSources(target: AstNode, place: Place): AstNode[] {
  if (target.type === 'Identifier') {
    return place.scopes.resolve(text(target, 'name') ?? '', place.ancestors)?.values ?? [];
  }
  if (target.type === 'CallExpression') {
    const callee = unwrap(child(target, 'callee'));
    const isFormat = referenceName(callee, place) === 'util.format';
    return isFormat ? childList(target, 'arguments') : [child(callee, 'object')].filter(isNode);
  }
  const sides = ['left', 'right', 'consequent', 'alternate'].map((key) => child(target, key)).filter(isNode);
  return [...sides, ...childList(target, 'elements')];
}
