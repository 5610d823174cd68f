import * as z from 'zod';
import { fileKind } from '../file-kind.ts';
import type { SourceFile } from '../finding.ts';
import { stripJsonComments } from '../syntax/strip-json-comments.ts';

const PackageJson = z.looseObject({
  name: z.string().optional(),
  main: z.string().optional(),
  module: z.string().optional(),
  source: z.string().optional(),
  browser: z.unknown().optional(),
  types: z.string().optional(),
  bin: z.unknown().optional(),
  exports: z.unknown().optional(),
  imports: z.record(z.string(), z.unknown()).optional(),
  scripts: z.record(z.string(), z.unknown()).optional(),
});
export type PackageJson = z.infer<typeof PackageJson>;

const TypeScriptConfig = z.looseObject({
  extends: z.unknown().optional(),
  compilerOptions: z
    .looseObject({ baseUrl: z.string().optional(), paths: z.record(z.string(), z.array(z.string())).optional() })
    .optional(),
});

/** A package of the reviewed tree. */
export interface Package {
  /** Its folder, empty for the root. */
  readonly folder: string;
  readonly manifest: PackageJson;
}

/** Path aliases of one tsconfig.json or jsconfig.json. */
export interface Aliases {
  readonly folder: string;
  readonly baseUrl: string | undefined;
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** What resolution needs to know about the reviewed tree. */
export interface ModuleIndex {
  readonly scripts: ReadonlyMap<string, SourceFile>;
  readonly paths: ReadonlySet<string>;
  readonly packages: readonly Package[];
  readonly aliases: readonly Aliases[];
}

/** Reads manifests and compiler settings; broken ones count as absent. */
export function indexModules(files: readonly SourceFile[]): ModuleIndex {
  const scripts = files.filter((file) => ['script', 'declaration'].includes(fileKind(file.path)));
  return {
    scripts: new Map(scripts.map((file) => [file.path, file])),
    paths: new Set(files.map((file) => file.path)),
    packages: files.flatMap(packageOf).toSorted((left, right) => right.folder.length - left.folder.length),
    aliases: files.flatMap(aliasesOf).toSorted((left, right) => right.folder.length - left.folder.length),
  };
}

/** The folder of a path, empty at the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** A normalised path relative to the reviewed root; undefined when it leaves the root. */
export function joinPath(folder: string, relative: string): string | undefined {
  const parts: string[] = [];
  for (const part of `${folder}/${relative}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** Whether a path lies in a folder. */
export function isInside(folder: string, path: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(stripJsonComments(text.replace(/^\uFEFF/, '')));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function packageOf(file: SourceFile): Package[] {
  if (!/(?:^|\/)package\.json$/.test(file.path)) return [];
  const manifest = PackageJson.safeParse(parseJson(file.text));
  return manifest.success ? [{ folder: folderOf(file.path), manifest: manifest.data }] : [];
}

function aliasesOf(file: SourceFile): Aliases[] {
  if (!/(?:^|\/)(?:ts|js)config(?:[.-][\w.-]+)?\.json$/.test(file.path)) return [];
  const config = TypeScriptConfig.safeParse(parseJson(file.text));
  const options = config.success ? config.data.compilerOptions : undefined;
  if (options?.paths === undefined && options?.baseUrl === undefined) return [];
  return [{ folder: folderOf(file.path), baseUrl: options.baseUrl, paths: options.paths ?? {} }];
}
