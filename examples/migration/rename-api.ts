import { type AstNode, child, childList, propertyName, text, unwrap, walk } from '../code-review/analysers/ast.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';
import { type Binding, readScopes } from '../code-review/analysers/scope.ts';
import { CannotMigrateError, type Edit } from './edits.ts';
import type { ApiRename, Step } from './migration.ts';
import { nameOf } from './module-graph.ts';

interface Renaming {
  readonly from: string;
  readonly to: string;
  readonly specifiers: ReadonlySet<string>;
  readonly isDefinition: boolean;
}

type Reference = { readonly node: AstNode; readonly parent: AstNode };

/**
 * The replacements that give an export of a module its new name, in the module itself or in one that imports it. Other
 * things of the same name stay.
 * @throws {@link CannotMigrateError} when the module has something of the new name already where that would matter
 */
export function renameApi(file: SourceFile, target: ApiRename, step: Step): Edit[] {
  const renaming: Renaming = {
    from: target.fromTechnology,
    to: target.toTechnology,
    specifiers: new Set(step.specifiers),
    isDefinition: step.isDefinition,
  };
  const { program } = parseSource(file);
  const edits: Edit[] = [];
  walk(program, (node, ancestors) => {
    edits.push(...editsAt(program, node, ancestors, renaming));
  });
  return [
    ...edits,
    ...namespaceEdits(program, renaming),
    ...(step.isDefinition ? definitionEdits(program, renaming) : []),
  ];
}

function editsAt(program: AstNode, node: AstNode, ancestors: readonly AstNode[], renaming: Renaming): Edit[] {
  if (node.type === 'ImportSpecifier' && isFrom(ancestors.at(-1), renaming))
    return importEdits(program, node, renaming);
  if (node.type === 'ExportSpecifier' && isFrom(ancestors.at(-1), renaming)) return passOnEdits(node, renaming);
  if (node.type === 'VariableDeclarator' && loadsModule(child(node, 'init'), renaming))
    return childList(child(node, 'id'), 'properties').flatMap((property) => keyEdit(property, renaming));
  if (node.type === 'MemberExpression' && loadsModule(child(node, 'object'), renaming))
    return memberEdit(node, renaming);
  return [];
}

function isFrom(declaration: AstNode | undefined, { specifiers }: Renaming): boolean {
  return specifiers.has(text(child(declaration, 'source'), 'value') ?? '');
}

/** `require('m')`, `import('m')` and `await import('m')`. */
function loadsModule(node: AstNode | undefined, { specifiers }: Renaming): boolean {
  const inner = unwrap(node);
  if (inner?.type === 'ImportExpression') return specifiers.has(text(child(inner, 'source'), 'value') ?? '');
  const isRequire = inner?.type === 'CallExpression' && text(child(inner, 'callee'), 'name') === 'require';
  return isRequire && specifiers.has(text(childList(inner, 'arguments')[0], 'value') ?? '');
}

/** The local name follows the new one, unless something has that name: then it stays as an alias. */
function importEdits(program: AstNode, node: AstNode, { from, to }: Renaming): Edit[] {
  const imported = child(node, 'imported');
  const local = child(node, 'local');
  if (nameOf(imported) !== from || imported === undefined) return [];
  if (nameOf(local) !== from) return [{ start: imported.start, end: imported.end, text: to }];
  if (mentions(program, to)) return [{ start: node.start, end: node.end, text: `${to} as ${from}` }];
  return [
    { start: node.start, end: node.end, text: to },
    ...referencesTo(program, from, (binding) => binding.kind === 'import').flatMap((each) =>
      referenceEdit(each, from, to),
    ),
  ];
}

/** What a module passes on keeps its name for others. */
function passOnEdits(node: AstNode, { from, to }: Renaming): Edit[] {
  const local = child(node, 'local');
  if (local === undefined || nameOf(local) !== from) return [];
  const exported = nameOf(child(node, 'exported'));
  return [{ start: node.start, end: node.end, text: exported === to ? to : `${to} as ${exported}` }];
}

function keyEdit(property: AstNode, { from, to }: Renaming): Edit[] {
  const key = child(property, 'key');
  if (key === undefined || property.type !== 'Property' || propertyName(property) !== from) return [];
  const isShort = property['shorthand'] === true;
  return [{ start: key.start, end: key.end, text: isShort ? `${to}: ${from}` : to }];
}

function memberEdit(node: AstNode, { from, to }: Renaming): Edit[] {
  const property = child(node, 'property');
  if (property === undefined || propertyName(node) !== from) return [];
  return [{ start: property.start, end: property.end, text: node['computed'] === true ? `'${to}'` : to }];
}

/** `import * as m` and `const m = require('m')`: members of `m`. */
function namespaceEdits(program: AstNode, renaming: Renaming): Edit[] {
  const scopes = readScopes(program);
  const edits: Edit[] = [];
  const isNamespace = (binding: Binding | undefined): boolean => {
    if (binding?.kind === 'import') return binding.member === '*' && renaming.specifiers.has(binding.from ?? '');
    return binding?.member === undefined && binding?.values.some((value) => loadsModule(value, renaming)) === true;
  };
  walk(program, (node, ancestors) => {
    const object = child(node, 'object');
    if (node.type === 'MemberExpression' && object?.type === 'Identifier')
      if (isNamespace(scopes.resolve(nameOf(object), [...ancestors, node]))) edits.push(...memberEdit(node, renaming));
    const init = child(node, 'init');
    if (
      node.type === 'VariableDeclarator' &&
      init?.type === 'Identifier' &&
      isNamespace(scopes.resolve(nameOf(init), ancestors))
    )
      edits.push(...childList(child(node, 'id'), 'properties').flatMap((property) => keyEdit(property, renaming)));
  });
  return edits;
}

/** In the module that defines the name: the declaration with everything that refers to it, or only its export. */
function definitionEdits(program: AstNode, { from, to }: Renaming): Edit[] {
  const edits: Edit[] = [];
  for (const node of childList(program, 'body').filter(({ type }) => type === 'ExportNamedDeclaration')) {
    if (child(node, 'source') === undefined)
      for (const specifier of childList(node, 'specifiers').filter((each) => nameOf(child(each, 'exported')) === from))
        edits.push({
          start: specifier.start,
          end: specifier.end,
          text: `${nameOf(child(specifier, 'local'))} as ${to}`,
        });
    const declaration = child(node, 'declaration');
    const names = [
      child(declaration, 'id'),
      ...childList(declaration, 'declarations').map((each) => child(each, 'id')),
    ];
    for (const id of names.filter((each) => nameOf(each) === from)) {
      if (mentions(program, to)) throw new CannotMigrateError(`it has something called ${to} already`);
      if (id !== undefined) edits.push({ start: id.start, end: id.start + from.length, text: to });
      for (const each of referencesTo(program, from, ({ kind }) => kind !== 'parameter'))
        edits.push(...referenceEdit(each, from, to));
    }
  }
  return edits;
}

function mentions(program: AstNode, name: string): boolean {
  let found = false;
  walk(program, (node, ancestors) => {
    if (node.type === 'Identifier' && nameOf(node) === name && !isLabel(node, ancestors.at(-1))) found = true;
  });
  return found;
}

/** Uses of a top-level name; a declaration closer by hides it. */
function referencesTo(program: AstNode, name: string, isMeant: (binding: Binding) => boolean): Reference[] {
  const scopes = readScopes(program);
  const outer = scopes.resolve(name, [program]);
  const found: Reference[] = [];
  walk(program, (node, ancestors) => {
    const parent = ancestors.at(-1);
    const isName = node.type === 'Identifier' || node.type === 'JSXIdentifier';
    if (!isName || nameOf(node) !== name || parent === undefined || isLabel(node, parent)) return;
    if (parent.type === 'ImportSpecifier') return;
    const binding = scopes.resolve(name, ancestors);
    if (binding === undefined || binding !== outer || !isMeant(binding)) return;
    found.push({ node, parent });
  });
  return found;
}

/** Whether a name is that of a member, a key or an attribute, and refers to nothing. */
function isLabel(node: AstNode, parent: AstNode | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'JSXAttribute' || parent.type === 'JSXMemberExpression') return parent['object'] !== node;
  const isMember = parent.type === 'MemberExpression' && parent['property'] === node;
  const isKey = /^(?:Property|MethodDefinition|PropertyDefinition)$/.test(parent.type) && parent['key'] === node;
  const isExported = parent.type === 'ExportSpecifier' && parent['local'] !== node && !sharesPlace(parent);
  return ((isMember || isKey) && parent['computed'] !== true && parent['shorthand'] !== true) || isExported;
}

/** `export { name }`: local and exported name are the same text. */
function sharesPlace(specifier: AstNode): boolean {
  return child(specifier, 'local')?.start === child(specifier, 'exported')?.start;
}

function referenceEdit({ node, parent }: Reference, from: string, to: string): Edit[] {
  const whole = { start: node.start, end: node.start + from.length, text: to };
  if (parent.type === 'Property' && parent['shorthand'] === true) return [{ ...whole, text: `${from}: ${to}` }];
  if (parent.type === 'ExportSpecifier' && sharesPlace(parent)) return [{ ...whole, text: `${to} as ${from}` }];
  return [whole];
}
