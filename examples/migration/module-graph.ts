import { posix } from 'node:path';
import { type AstNode, child, childList, stringValue, text, walk } from '../code-review/analysers/ast.ts';
import { fileKind } from '../code-review/analysers/file-kind.ts';
import type { SourceFile } from '../code-review/analysers/finding.ts';
import { parseSource } from '../code-review/analysers/parse-source.ts';

/** One name that a module takes from another; `*` for everything. */
export interface Import {
  readonly specifier: string;
  /** The file of the tree that it means; undefined for a package. */
  readonly target: string | undefined;
  readonly names: readonly string[];
  /** `export … from`: the module passes on what it imports. `*` passes on every name. */
  readonly passesOn: readonly string[];
}

/** A script of the tree with what it takes and gives. */
export interface Module {
  readonly file: SourceFile;
  readonly imports: readonly Import[];
  readonly exports: ReadonlySet<string>;
}

export type ModuleGraph = ReadonlyMap<string, Module>;

const endings = ['', '.ts', '.tsx', '.js', '.jsx', '.mjs', '.cjs', '/index.ts', '/index.js'];

/** Reads what every script of a tree imports and exports. */
export function readModules(files: readonly SourceFile[]): ModuleGraph {
  const scripts = files.filter(({ path }) => fileKind(path) === 'script' || fileKind(path) === 'declaration');
  const paths = new Set(scripts.map(({ path }) => path));
  return new Map(
    scripts.map((file) => {
      const { program } = parseSource(file);
      return [file.path, { file, imports: importsOf(program, file.path, paths), exports: exportsOf(program) }];
    }),
  );
}

/** The file of a tree that a specifier means in a module. */
function resolveSpecifier(from: string, specifier: string, paths: ReadonlySet<string>): string | undefined {
  if (!/^\.{1,2}(?:\/|$)/.test(specifier)) return undefined;
  const path = posix.normalize(posix.join(posix.dirname(from), specifier));
  const stem = path.replace(/\.([cm]?)js$/, '.$1ts');
  return [...endings.map((ending) => path + ending), stem].find((candidate) => paths.has(candidate));
}

function importsOf(program: AstNode, path: string, paths: ReadonlySet<string>): Import[] {
  const found: Import[] = [];
  const add = (source: AstNode | undefined, names: string[], passesOn: string[] = []): void => {
    const specifier = stringValue(source);
    if (specifier !== undefined)
      found.push({ specifier, target: resolveSpecifier(path, specifier, paths), names, passesOn });
  };
  walk(program, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
        add(child(node, 'source'), childList(node, 'specifiers').map(importedName));
        break;
      case 'ExportNamedDeclaration': {
        const names = childList(node, 'specifiers').map((each) => nameOf(child(each, 'local')));
        add(
          child(node, 'source'),
          names,
          childList(node, 'specifiers').map((each) => nameOf(child(each, 'exported'))),
        );
        break;
      }
      case 'ExportAllDeclaration':
        add(child(node, 'source'), [], child(node, 'exported') === undefined ? ['*'] : []);
        break;
      case 'ImportExpression':
        add(child(node, 'source'), ['*']);
        break;
      case 'CallExpression':
        if (text(child(node, 'callee'), 'name') === 'require') add(childList(node, 'arguments')[0], ['*']);
        break;
      default:
    }
  });
  return found;
}

function importedName(specifier: AstNode): string {
  if (specifier.type === 'ImportDefaultSpecifier') return 'default';
  return specifier.type === 'ImportSpecifier' ? nameOf(child(specifier, 'imported')) : '*';
}

/** A name, or the text of a name that is written as one. */
export function nameOf(node: AstNode | undefined): string {
  return text(node, 'name') ?? text(node, 'value') ?? '';
}

function exportsOf(program: AstNode): Set<string> {
  const names = new Set<string>();
  for (const node of childList(program, 'body')) {
    if (node.type === 'ExportDefaultDeclaration') names.add('default');
    if (node.type !== 'ExportNamedDeclaration') continue;
    for (const each of childList(node, 'specifiers')) names.add(nameOf(child(each, 'exported')));
    const declaration = child(node, 'declaration');
    const own = text(child(declaration, 'id'), 'name');
    if (own !== undefined) names.add(own);
    for (const each of childList(declaration, 'declarations')) {
      const declared = text(child(each, 'id'), 'name');
      if (declared !== undefined) names.add(declared);
    }
  }
  return names;
}

/** Whether a module gives a name, itself or by passing everything of another on; a package gives everything. */
export function givesName(graph: ModuleGraph, path: string, name: string, seen = new Set<string>()): boolean {
  const module = graph.get(path);
  if (module === undefined || seen.has(path)) return false;
  seen.add(path);
  if (module.exports.has(name) || isCommonJs(module)) return true;
  return module.imports.some(
    ({ target, passesOn }) => passesOn.includes('*') && (target === undefined || givesName(graph, target, name, seen)),
  );
}

function isCommonJs({ file, exports, imports }: Module): boolean {
  return exports.size === 0 && !imports.some(({ passesOn }) => passesOn.length > 0) && /\bexports\b/.test(file.text);
}
