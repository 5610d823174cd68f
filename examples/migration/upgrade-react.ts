import { type AstNode, child, childList, text, walk } from '../code-review/analysers/ast.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';
import { readScopes } from '../code-review/analysers/scope.ts';
import { CannotMigrateError, type Edit } from './edits.ts';
import { nameOf } from './module-graph.ts';

/** What React 18 does otherwise. */
const removed = ['render', 'hydrate', 'unmountComponentAtNode'] as const;
type Removed = (typeof removed)[number];
const packages: Readonly<Record<string, string>> = {
  react: '^18.2.0',
  'react-dom': '^18.2.0',
  '@types/react': '^18.2.0',
  '@types/react-dom': '^18.2.0',
};

interface Call {
  readonly api: Removed;
  readonly node: AstNode;
  readonly parent: AstNode | undefined;
}

/** Raises the versions in a package.json; everything else stays as it is written. */
export function upgradeManifest({ text: manifest }: SourceFile): Edit[] {
  const edits: Edit[] = [];
  for (const match of manifest.matchAll(/"([^"]+)"(\s*:\s*)"([^"]*)"/g)) {
    const [all, name = '', colon = ''] = match;
    const version = packages[name];
    if (version !== undefined && /17/.test(match[3] ?? ''))
      edits.push({ start: match.index, end: match.index + all.length, text: `"${name}"${colon}"${version}"` });
  }
  return edits;
}

/** Calls of what React 18 has no more, wherever the name comes from. */
export function removedCalls(program: AstNode): Call[] {
  const scopes = readScopes(program);
  const calls: Call[] = [];
  const apiOf = (callee: AstNode | undefined, ancestors: readonly AstNode[]): string | undefined => {
    const object = callee?.type === 'MemberExpression' ? child(callee, 'object') : callee;
    const binding = object?.type === 'Identifier' ? scopes.resolve(nameOf(object), ancestors) : undefined;
    if (binding?.kind !== 'import' || binding.from !== 'react-dom') return undefined;
    return callee?.type === 'MemberExpression' ? nameOf(child(callee, 'property')) : binding.member;
  };
  walk(program, (node, ancestors) => {
    if (node.type !== 'CallExpression') return;
    const name = apiOf(child(node, 'callee'), ancestors);
    const api = removed.find((each) => each === name);
    if (api !== undefined) calls.push({ api, node, parent: ancestors.at(-1) });
  });
  return calls;
}

/**
 * The replacements that make a module use roots. A module that renders once makes its root on the spot; one that renders
 * or unmounts several times keeps its roots by container.
 * @throws {@link CannotMigrateError} for a callback, a used result, or an unmount of what another module rendered
 */
export function upgradeReact(file: SourceFile): Edit[] {
  const { program } = parseSource(file);
  const calls = removedCalls(program);
  if (calls.length === 0) return [];
  for (const call of calls) refuseUnsound(call, calls);
  const keepsRoots = calls.length > 1;
  const edits = calls.map(({ api, node }) => {
    const [first, second] = childList(node, 'arguments').map((each) => file.text.slice(each.start, each.end));
    return {
      start: node.start,
      end: node.end,
      text: rewritten(api, first ?? '', { second: second ?? '', keepsRoots }),
    };
  });
  return [...edits, ...importEdits(file, program, calls, keepsRoots)];
}

function refuseUnsound({ api, node, parent }: Call, calls: readonly Call[]): void {
  const expected = api === 'unmountComponentAtNode' ? 1 : 2;
  const given = childList(node, 'arguments').length;
  if (given > expected) throw new CannotMigrateError(`${api} has a callback, which React 18 does not call`);
  if (given < expected) throw new CannotMigrateError(`${api} has ${given} arguments`);
  if (api === 'unmountComponentAtNode') {
    if (!calls.some((call) => call.api !== api))
      throw new CannotMigrateError('it unmounts what another module has rendered');
  } else if (parent?.type !== 'ExpressionStatement') throw new CannotMigrateError(`the result of ${api} is used`);
}

function rewritten(
  api: Removed,
  first: string,
  { second, keepsRoots }: { second: string; keepsRoots: boolean },
): string {
  if (api === 'unmountComponentAtNode') return `unmountRoot(${first})`;
  if (api === 'hydrate') return keepsRoots ? `hydrateAt(${second}, ${first})` : `hydrateRoot(${second}, ${first})`;
  return keepsRoots ? `rootOf(${second}).render(${first})` : `createRoot(${second}).render(${first})`;
}

/** The old import goes with its last use; the new one and the helpers come after all imports. */
function importEdits(file: SourceFile, program: AstNode, calls: readonly Call[], keepsRoots: boolean): Edit[] {
  const imports = childList(program, 'body').filter(({ type }) => type === 'ImportDeclaration');
  const old = imports.filter((node) => text(child(node, 'source'), 'value') === 'react-dom');
  const uses = (api: Removed): boolean => calls.some((call) => call.api === api);
  const names = [...(uses('render') ? ['createRoot'] : []), ...(uses('hydrate') ? ['hydrateRoot'] : [])];
  for (const name of [...names, ...(keepsRoots ? ['roots', 'rootOf', 'hydrateAt', 'unmountRoot'] : [])])
    if (new RegExp(`\\b${name}\\b`).test(file.text))
      throw new CannotMigrateError(`it has something called ${name} already`);
  const added = `import { ${names.join(', ')} } from 'react-dom/client';`;
  const last = imports.at(-1)?.end ?? 0;
  const kept = old.map((node) => keptImport(file, program, node));
  const helpers = keepsRoots ? `\n\n${helpersFor(uses, /\.[cm]?tsx?$/.test(file.path))}` : '';
  const edits = old.map((node, index) => ({ start: node.start, end: node.end, text: kept[index] ?? '' }));
  const lastOld = edits.find(({ end }) => end === last);
  if (lastOld === undefined) return [...edits, { start: last, end: last, text: `\n${added}${helpers}` }];
  const rest = lastOld.text === '' ? '' : `${lastOld.text}\n`;
  return [...edits.filter((edit) => edit !== lastOld), { ...lastOld, text: `${rest}${added}${helpers}` }];
}

/** What is still used of an import of react-dom. */
function keptImport(file: SourceFile, program: AstNode, node: AstNode): string {
  const kept = childList(node, 'specifiers').filter((specifier) => {
    const imported = nameOf(child(specifier, 'imported'));
    if (removed.some((api) => api === imported)) return false;
    return specifier.type === 'ImportSpecifier' || isUsedOtherwise(program, nameOf(child(specifier, 'local')));
  });
  if (kept.length === childList(node, 'specifiers').length) return file.text.slice(node.start, node.end);
  const textOf = (specifier: AstNode): string => file.text.slice(specifier.start, specifier.end);
  const named = kept.filter(({ type }) => type === 'ImportSpecifier').map(textOf);
  const whole = kept.filter(({ type }) => type !== 'ImportSpecifier').map(textOf);
  const parts = [...whole, ...(named.length === 0 ? [] : [`{ ${named.join(', ')} }`])];
  return parts.length === 0 ? '' : `import ${parts.join(', ')} from 'react-dom';`;
}

function isUsedOtherwise(program: AstNode, local: string): boolean {
  let used = false;
  walk(program, (node, ancestors) => {
    const parent = ancestors.at(-1);
    if (node.type !== 'Identifier' || nameOf(node) !== local || parent?.type.startsWith('Import') === true) return;
    const member = parent?.type === 'MemberExpression' ? nameOf(child(parent, 'property')) : undefined;
    if (!removed.some((api) => api === member)) used = true;
  });
  return used;
}

/** Keeps roots by container; typed where the module is. */
function helpersFor(uses: (api: Removed) => boolean, isTyped: boolean): string {
  const container = isTyped ? 'container: Element | DocumentFragment' : 'container';
  const element = isTyped ? 'element: Parameters<typeof hydrateRoot>[1]' : 'element';
  const kinds = isTyped ? "<Element | DocumentFragment, import('react-dom/client').Root>" : '';
  const rootOf = `function rootOf(${container}) {
  const root = roots.get(container) ?? createRoot(container);
  roots.set(container, root);
  return root;
}`;
  const hydrateAt = `function hydrateAt(${container}, ${element}) {
  roots.set(container, hydrateRoot(container, element));
}`;
  const unmountRoot = `function unmountRoot(${container}) {
  const root = roots.get(container);
  roots.delete(container);
  root?.unmount();
  return root !== undefined;
}`;
  return [
    `const roots = new Map${kinds}();`,
    ...(uses('render') ? [rootOf] : []),
    ...(uses('hydrate') ? [hydrateAt] : []),
    ...(uses('unmountComponentAtNode') ? [unmountRoot] : []),
  ].join('\n\n');
}
