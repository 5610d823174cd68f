import type { AstNode } from '../ast.ts';
import { child, childList, isFunction, propertyName, stringValue, templateTexts, text, unwrap, walk } from '../ast.ts';
import type { SourceFile } from '../finding.ts';
import { parseSource } from '../parse-source.ts';

/** One way in which a module reaches another. */
export interface Reference {
  readonly specifier: string;
  /** The names taken; `*` takes all. */
  readonly names: readonly string[];
  /** A path in a call (`new URL('./worker.ts', …)`): counts only when it leads to a file. */
  readonly isPath: boolean;
  /** A template such as `./handlers/${name}.ts`, with `*` for the expressions. */
  readonly isPattern: boolean;
}

/** `export { name as exported } from specifier`; both are `*` for `export *`. */
export interface ReExport {
  readonly specifier: string;
  readonly name: string;
  readonly exported: string;
}

/** An exported value. */
export interface ExportedValue {
  readonly exported: string;
  readonly local: string | undefined;
  readonly offset: number;
}

/** What the coverage rules need to know about a module. */
export interface ModuleFacts {
  readonly references: readonly Reference[];
  readonly reExports: readonly ReExport[];
  readonly values: readonly ExportedValue[];
  /** Exported functions and classes by local name, with the offset of the declaration. */
  readonly functions: ReadonlyMap<string, number>;
  readonly usesOfNames: ReadonlyMap<string, number>;
  readonly hasLogic: boolean;
  readonly hasCommonJsExports: boolean;
  readonly hasTopLevelEffect: boolean;
  readonly knowsItIsMain: boolean;
  readonly hasOwnTests: boolean;
  readonly hasErrors: boolean;
}

/** Reads imports, exports and the shape of a module from its syntax tree. */
export function readModule(file: SourceFile): ModuleFacts {
  const source = parseSource(file);
  const body = readBody(source.program);
  return {
    ...body,
    references: [...staticReferences(source.module), ...body.references],
    reExports: reExportsOf(source.module),
    values: valuesOf(source.module),
    hasTopLevelEffect: childList(source.program, 'body').some(isEffect),
    knowsItIsMain: /\bimport\.meta\.(?:main|filename\s*===)|require\.main\b|\bprocess\.argv\[1\]/.test(file.text),
    hasOwnTests: file.text.includes('import.meta.vitest'),
    hasErrors: source.errors.length > 0,
  };
}

type ModuleRecord = ReturnType<typeof parseSource>['module'];

function staticReferences(record: ModuleRecord): Reference[] {
  return record.staticImports.flatMap((each): Reference[] => {
    const values = each.entries.filter((entry) => !entry.isType);
    if (values.length === 0 && each.entries.length > 0) return [];
    const names = values.map(({ importName }) => {
      return importName.kind.startsWith('Default') ? 'default' : (importName.name ?? '*');
    });
    return [{ specifier: each.moduleRequest.value, names, isPath: false, isPattern: false }];
  });
}

function reExportsOf(record: ModuleRecord): ReExport[] {
  return record.staticExports
    .flatMap((each) => each.entries)
    .flatMap((entry): ReExport[] => {
      if (entry.moduleRequest === null || entry.isType) return [];
      const specifier = entry.moduleRequest.value;
      return [{ specifier, name: entry.importName.name ?? '*', exported: exportedName(entry.exportName) }];
    });
}

function exportedName(name: { readonly kind: unknown; readonly name: string | null }): string {
  return String(name.kind) === 'Default' ? 'default' : (name.name ?? '*');
}

function valuesOf(record: ModuleRecord): ExportedValue[] {
  return record.staticExports
    .flatMap((each) => each.entries)
    .filter((entry) => entry.moduleRequest === null && !entry.isType)
    .map((entry) => ({
      exported: exportedName(entry.exportName),
      local: entry.localName.name ?? undefined,
      offset: entry.localName.start ?? entry.exportName.start ?? entry.start,
    }));
}

interface Body {
  readonly references: Reference[];
  readonly functions: Map<string, number>;
  readonly usesOfNames: Map<string, number>;
  hasLogic: boolean;
  hasCommonJsExports: boolean;
}

function readBody(program: AstNode): Body {
  const body: Body = {
    references: [],
    functions: new Map(),
    usesOfNames: new Map(),
    hasLogic: false,
    hasCommonJsExports: false,
  };
  walk(program, (node, ancestors) => {
    if (node['declare'] === true) return false;
    if (isFunction(node) || node.type === 'ClassDeclaration' || node.type === 'ClassExpression') body.hasLogic = true;
    if (ancestors.length <= 2) noteFunctions(node, body.functions);
    if (node.type === 'ExportSpecifier' || node.type === 'ImportSpecifier') return false;
    noteNode(node, ancestors, body);
    return true;
  });
  return body;
}

function noteNode(node: AstNode, ancestors: readonly AstNode[], body: Body): void {
  switch (node.type) {
    case 'Identifier':
    case 'JSXIdentifier': {
      const name = text(node, 'name') ?? '';
      body.usesOfNames.set(name, (body.usesOfNames.get(name) ?? 0) + 1);
      return;
    }
    case 'AssignmentExpression':
      if (isCommonJsExport(child(node, 'left'))) body.hasCommonJsExports = true;
      return;
    case 'ImportExpression':
      body.references.push(...loaded(child(node, 'source'), ['*']));
      return;
    case 'TSImportEqualsDeclaration':
      body.references.push(...loaded(child(child(node, 'moduleReference'), 'expression'), ['*']));
      return;
    case 'CallExpression':
    case 'NewExpression':
      body.references.push(...callReferences(node, ancestors));
      return;
    default:
  }
}

function noteFunctions(node: AstNode, functions: Map<string, number>): void {
  if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
    const name = text(child(node, 'id'), 'name');
    if (name !== undefined) functions.set(name, node.start);
    return;
  }
  for (const declarator of childList(node, 'declarations')) {
    const init = unwrap(child(declarator, 'init'));
    const name = text(child(declarator, 'id'), 'name');
    if (name !== undefined && init !== undefined && isFunction(init)) functions.set(name, declarator.start);
  }
}

function isCommonJsExport(target: AstNode | undefined): boolean {
  if (target?.type !== 'MemberExpression') return false;
  const object = child(target, 'object');
  const name = text(object, 'name');
  return name === 'exports' || (name === 'module' && propertyName(target) === 'exports') || isCommonJsExport(object);
}

const LOADERS =
  /^(?:require|requireActual|importActual|resolve|proxyquire|createRequire|rewire|importModule|require_)$/;
const MOCKS = /^(?:mock|doMock|unmock|doUnmock|unstable_mockModule|module)$/;
const TITLES = /^(?:describe|it|test|suite|context|step|each|skip|only)$/;

function callReferences(node: AstNode, ancestors: readonly AstNode[]): Reference[] {
  const callee = child(node, 'callee');
  const name = text(callee, 'name') ?? propertyName(callee) ?? '';
  const parameters = childList(node, 'arguments');
  if (name === 'require') return loaded(parameters[0], requiredNames(ancestors.at(-1)));
  if (name === 'glob' && child(callee, 'object')?.type === 'MetaProperty') return globbed(parameters[0]);
  if (MOCKS.test(name) || TITLES.test(name)) return [];
  const literals = parameters.flatMap((each) =>
    each.type === 'ArrayExpression' ? childList(each, 'elements') : [each],
  );
  return literals.flatMap((literal): Reference[] => {
    const value = stringValue(literal);
    if (value === undefined || value.length > 200) return [];
    const isRelative = /^\.{1,2}\//.test(value);
    const isFile = /^[\w@./-]+\/?[\w.-]+\.[cm]?[jt]sx?$/.test(value);
    if (!isRelative && !isFile && !LOADERS.test(name)) return [];
    return [{ specifier: value, names: ['*'], isPath: true, isPattern: false }];
  });
}

function requiredNames(parent: AstNode | undefined): string[] {
  const pattern = child(parent, 'id');
  if (pattern?.type === 'ObjectPattern') {
    return childList(pattern, 'properties').map((property) => propertyName(property) ?? '*');
  }
  const member = parent?.type === 'MemberExpression' ? propertyName(parent) : undefined;
  return [member ?? '*'];
}

function loaded(specifier: AstNode | undefined, names: readonly string[]): Reference[] {
  const value = stringValue(specifier);
  if (value !== undefined) return [{ specifier: value, names, isPath: false, isPattern: false }];
  const pattern = patternOf(specifier);
  return pattern === undefined ? [] : [{ specifier: pattern, names: ['*'], isPath: false, isPattern: true }];
}

function patternOf(specifier: AstNode | undefined): string | undefined {
  const target = unwrap(specifier);
  const pattern = target?.type === 'TemplateLiteral' ? templateTexts(target).join('*') : undefined;
  return pattern !== undefined && /^\.{1,2}\/[^*]/.test(pattern) ? pattern : undefined;
}

function globbed(argument: AstNode | undefined): Reference[] {
  const literals = argument?.type === 'ArrayExpression' ? childList(argument, 'elements') : [argument];
  return literals.flatMap((each): Reference[] => {
    const value = stringValue(each);
    if (value === undefined) return [];
    return [{ specifier: value.replace(/\*+(?:\/\*+)?/g, '*'), names: ['*'], isPath: false, isPattern: true }];
  });
}

const EFFECTS = new Set(['CallExpression', 'NewExpression', 'AwaitExpression', 'ImportExpression']);

/** A statement that does something when the module is loaded. */
function isEffect(statement: AstNode): boolean {
  if (/^(?:If|Try|For|ForOf|While|Switch)Statement$/.test(statement.type)) return true;
  const expression = unwrap(child(statement, 'expression'));
  return statement.type === 'ExpressionStatement' && expression !== undefined && EFFECTS.has(expression.type);
}
