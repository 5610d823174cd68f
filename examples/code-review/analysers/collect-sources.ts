import type { Dirent } from 'node:fs';
import { constants } from 'node:fs';
import { open, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeText } from './decode-text.ts';
import { fileKind, isGenerated, isMinified, unsupportedLanguage } from './file-kind.ts';
import type { SourceFile } from './finding.ts';
import { IgnoreRules } from './ignore-rules.ts';

/** A file that is not reviewed, and why. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** What a directory offers for review. */
export interface CollectedSources {
  /** In order of their paths by code unit: the same on every machine. */
  readonly files: SourceFile[];
  readonly skipped: SkippedFile[];
  /** Files that only the search for secrets reads; they are part of `files`. */
  readonly notAnalysed: { readonly path: string; readonly language: string }[];
}

/** Limits of {@link collectSources}. */
export interface CollectOptions {
  /** @default 524288 */
  readonly maxFileBytes?: number;
  /** @default 20000 */
  readonly maxFiles?: number;
}

const MAX_FILE_BYTES = 512 * 1024;
const MAX_FILES = 20_000;
const SKIPPED_FOLDERS = new Set([
  'node_modules',
  'bower_components',
  'dist',
  'cdk.out',
  'coverage',
  '.git',
  '.hg',
  '.svn',
  '.cache',
  '.next',
  '.nuxt',
  '.turbo',
  '.venv',
  'venv',
  '__pycache__',
  '.terraform',
  '.yarn',
  '.pnpm-store',
  '.muster',
]);
const LOCK_FILE = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|[^/]+\.lock)$/i;

interface Walk {
  readonly root: string;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  readonly files: SourceFile[];
  readonly skipped: SkippedFile[];
}

interface FolderRules {
  readonly folder: string;
  readonly rules: IgnoreRules;
}

/**
 * Reads the files of a directory that a review is about. Follows the .gitignore files below the directory; leaves out
 * installed packages, build output, binary, generated, minified and oversize files, lock files and symbolic links.
 * @throws when the directory itself cannot be read; anything below it that cannot is listed in `skipped`.
 */
export async function collectSources(directory: string, options: CollectOptions = {}): Promise<CollectedSources> {
  const walk: Walk = {
    root: await realpath(directory),
    maxFileBytes: options.maxFileBytes ?? MAX_FILE_BYTES,
    maxFiles: options.maxFiles ?? MAX_FILES,
    files: [],
    skipped: [],
  };
  await readFolder(walk, '', await readdir(walk.root, { withFileTypes: true }), []);
  const files = walk.files.toSorted(byPath);
  const notAnalysed = files.flatMap(({ path }) => {
    const language = unsupportedLanguage(path);
    return language === undefined ? [] : [{ path, language }];
  });
  return { files, skipped: walk.skipped.toSorted(byPath), notAnalysed };
}

function byPath(left: { path: string }, right: { path: string }): number {
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}

async function readFolder(
  walk: Walk,
  folder: string,
  entries: readonly Dirent[],
  outer: readonly FolderRules[],
): Promise<void> {
  const own = entries.some((entry) => entry.name === '.gitignore' && entry.isFile())
    ? await readRules(walk, folder)
    : [];
  const rules = [...outer, ...own];
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (isIgnored(rules, path, entry.isDirectory())) continue;
    if (entry.isSymbolicLink()) walk.skipped.push({ path, reason: 'symbolic link' });
    else if (entry.isDirectory()) await enterFolder(walk, path, entry.name, rules);
    else if (entry.isFile()) await readSource(walk, path);
    else walk.skipped.push({ path, reason: 'not a regular file' });
  }
}

async function readRules(walk: Walk, folder: string): Promise<FolderRules[]> {
  const read = await readText(walk, folder === '' ? '.gitignore' : `${folder}/.gitignore`);
  return 'text' in read ? [{ folder, rules: new IgnoreRules(read.text) }] : [];
}

/** The innermost .gitignore that has an opinion decides. */
function isIgnored(rules: readonly FolderRules[], path: string, isFolder: boolean): boolean {
  for (const each of rules.toReversed()) {
    const decision = each.rules.decide(each.folder === '' ? path : path.slice(each.folder.length + 1), isFolder);
    if (decision !== undefined) return decision;
  }
  return false;
}

async function enterFolder(walk: Walk, path: string, name: string, rules: readonly FolderRules[]): Promise<void> {
  if (SKIPPED_FOLDERS.has(name)) {
    walk.skipped.push({ path, reason: 'folder of packages or build output' });
    return;
  }
  try {
    await readFolder(walk, path, await readdir(join(walk.root, path), { withFileTypes: true }), rules);
  } catch (error) {
    walk.skipped.push({ path, reason: unreadable(error) });
  }
}

async function readSource(walk: Walk, path: string): Promise<void> {
  const reason =
    fileKind(path) === 'unsupported' && unsupportedLanguage(path) === undefined ? 'not a source file' : undefined;
  if (reason !== undefined || LOCK_FILE.test(path) || walk.files.length >= walk.maxFiles) {
    const other = LOCK_FILE.test(path) ? 'lock file' : `more than ${walk.maxFiles} files`;
    walk.skipped.push({ path, reason: reason ?? other });
    return;
  }
  const read = await readText(walk, path);
  if ('reason' in read) walk.skipped.push({ path, reason: read.reason });
  else if (isGenerated(read.text)) walk.skipped.push({ path, reason: 'generated' });
  else if (isMinified(path, read.text)) walk.skipped.push({ path, reason: 'minified' });
  else walk.files.push({ path, text: read.text });
}

async function readText(walk: Walk, path: string): Promise<{ text: string } | { reason: string }> {
  try {
    // The entry may have become a link or a pipe since the folder was listed: neither is followed nor waited for.
    await using handle = await open(
      join(walk.root, path),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    const state = await handle.stat();
    if (!state.isFile()) return { reason: 'not a regular file' };
    if (state.size > walk.maxFileBytes) return { reason: `larger than ${walk.maxFileBytes} bytes` };
    const text = decodeText(await handle.readFile());
    return text === undefined ? { reason: 'binary' } : { text };
  } catch (error) {
    return { reason: unreadable(error) };
  }
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return `unreadable: ${code}`;
}
