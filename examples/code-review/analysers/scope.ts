import type { AstNode } from './ast.ts';
import { child, childList, isFunction, text, walk } from './ast.ts';

/** A declared name and every expression that is ever assigned to it in the file. */
export interface Binding {
  readonly kind: 'import' | 'const' | 'variable' | 'parameter' | 'function' | 'class' | 'catch';
  /** The initial value and everything assigned later, `+=` included. */
  readonly values: AstNode[];
  /** For an import: the module. */
  readonly from?: string;
  /** For an import or a destructured value: the member's name; `*` for the whole module. */
  readonly member?: string;
}

type Scope = { readonly parent: Scope | undefined; readonly names: Map<string, Binding> };

/** Where the names of one program are declared. */
export interface Scopes {
  /** The declaration that an identifier refers to; undefined for globals. `ancestors` are those that {@link walk} gives. */
  resolve(name: string, ancestors: readonly AstNode[]): Binding | undefined;
}

const SCOPE_NODES = new Set([
  'Program',
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'SwitchStatement',
  'CatchClause',
  'ClassBody',
  'StaticBlock',
  'TSModuleBlock',
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);
const HOISTING_NODES = new Set(['Program', 'StaticBlock', 'TSModuleBlock']);

/** Reads all declarations of a program. */
export function readScopes(program: AstNode): Scopes {
  const scopes = new Map<AstNode, Scope>();
  const innermost = (ancestors: readonly AstNode[]): Scope | undefined => {
    const owner = ancestors.findLast((ancestor) => scopes.has(ancestor));
    return owner === undefined ? undefined : scopes.get(owner);
  };
  walk(program, (node, ancestors) => {
    if (SCOPE_NODES.has(node.type)) scopes.set(node, { parent: innermost(ancestors), names: new Map() });
    for (const declaration of declarationsOf(node)) {
      const path = declaration.isOuter ? ancestors : [...ancestors, node];
      const scope = declaration.isHoisted ? scopes.get(path.findLast(isHoisting) ?? program) : innermost(path);
      if (scope !== undefined && !scope.names.has(declaration.name))
        scope.names.set(declaration.name, declaration.binding);
    }
  });
  const resolve = (name: string, ancestors: readonly AstNode[]): Binding | undefined => {
    for (let scope = innermost(ancestors); scope !== undefined; scope = scope.parent) {
      const binding = scope.names.get(name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  };
  walk(program, (node, ancestors) => {
    if (node.type === 'ForOfStatement') bindLoopVariable(node, (name) => resolve(name, [...ancestors, node]));
    const target = node.type === 'AssignmentExpression' ? child(node, 'left') : undefined;
    const value = child(node, 'right');
    if (target?.type !== 'Identifier' || value === undefined) return;
    resolve(text(target, 'name') ?? '', ancestors)?.values.push(value);
  });
  return { resolve };
}

/** `for (const name of list)`: the list stands for the values of the name. */
function bindLoopVariable(loop: AstNode, resolve: (name: string) => Binding | undefined): void {
  const list = child(loop, 'right');
  const [declarator] = childList(child(loop, 'left'), 'declarations');
  if (list === undefined) return;
  for (const { name } of patternNames(child(declarator, 'id'))) resolve(name)?.values.push(list);
}

function isHoisting(node: AstNode): boolean {
  return isFunction(node) || HOISTING_NODES.has(node.type);
}

interface Declaration {
  readonly name: string;
  readonly binding: Binding;
  /** Visible in the whole function (`var`). */
  readonly isHoisted: boolean;
  /** Declared around the node, not in the scope it opens. */
  readonly isOuter: boolean;
}

function declarationsOf(node: AstNode): Declaration[] {
  switch (node.type) {
    case 'VariableDeclaration':
      return variables(node);
    case 'FunctionDeclaration':
      return [...functionName(node), ...parameters(node)];
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return parameters(node);
    case 'ClassDeclaration':
      return named(child(node, 'id'), { kind: 'class', values: [] });
    case 'CatchClause':
      return patternNames(child(node, 'param')).map(({ name }) => inner(name, { kind: 'catch', values: [] }));
    case 'ImportDeclaration':
      return imports(node);
    default:
      return [];
  }
}

function inner(name: string, binding: Binding): Declaration {
  return { name, binding, isHoisted: false, isOuter: false };
}

function named(id: AstNode | undefined, binding: Binding): Declaration[] {
  const name = text(id, 'name');
  return name === undefined ? [] : [{ name, binding, isHoisted: false, isOuter: true }];
}

function functionName(node: AstNode): Declaration[] {
  return named(child(node, 'id'), { kind: 'function', values: [] });
}

function parameters(node: AstNode): Declaration[] {
  return childList(node, 'params')
    .flatMap((parameter) => patternNames(child(parameter, 'parameter') ?? parameter))
    .map(({ name }) => inner(name, { kind: 'parameter', values: [] }));
}

function variables(node: AstNode): Declaration[] {
  const keyword = text(node, 'kind');
  return childList(node, 'declarations').flatMap((declarator) => {
    const init = child(declarator, 'init');
    return patternNames(child(declarator, 'id')).map(({ name, member }): Declaration => {
      const values = init === undefined ? [] : [init];
      const kind = keyword === 'const' ? 'const' : 'variable';
      const binding: Binding = { kind, values, ...(member === undefined ? {} : { member }) };
      return { name, binding, isHoisted: keyword === 'var', isOuter: true };
    });
  });
}

function imports(node: AstNode): Declaration[] {
  const source = text(child(node, 'source'), 'value') ?? '';
  return childList(node, 'specifiers').flatMap((specifier) => {
    const imported = child(specifier, 'imported');
    const isNamed = specifier.type === 'ImportSpecifier';
    const member = isNamed ? (text(imported, 'name') ?? text(imported, 'value') ?? '*') : '*';
    return named(child(specifier, 'local'), { kind: 'import', values: [], from: source, member });
  });
}

interface PatternName {
  readonly name: string;
  /** How the value was taken out of the initialiser; undefined when it is the initialiser itself. */
  readonly member?: string;
}

function patternNames(pattern: AstNode | undefined, member?: string): PatternName[] {
  switch (pattern?.type) {
    case 'Identifier': {
      const name = text(pattern, 'name') ?? '';
      return [member === undefined ? { name } : { name, member }];
    }
    case 'AssignmentPattern':
      return patternNames(child(pattern, 'left'), member);
    case 'RestElement':
      return patternNames(child(pattern, 'argument'), '...');
    case 'ArrayPattern':
      return childList(pattern, 'elements').flatMap((element) => patternNames(element, '[]'));
    case 'ObjectPattern':
      return childList(pattern, 'properties').flatMap((property) =>
        property.type === 'RestElement'
          ? patternNames(property)
          : patternNames(child(property, 'value'), text(child(property, 'key'), 'name') ?? '?'),
      );
    case undefined:
    default:
      return [];
  }
}
