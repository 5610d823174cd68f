import { fileTypeOf, type Mapping } from '../map-reduce/split.ts';

/** A part of a code base that one kind of agent knows. */
export type CodeArea = 'backend' | 'frontend' | 'migrations' | 'documentation' | 'tests';

const areas: readonly CodeArea[] = ['backend', 'frontend', 'migrations', 'documentation', 'tests'];

const testName = /(^|\/)(tests?|spec|__tests__|e2e)\/|\.(test|spec)\.[^/.]+$|_test\.[^/.]+$|(^|\/)test_[^/]+\.py$/i;
const migrationName = /(^|\/)(migrations?|db\/migrate|alembic|flyway)\//i;
const frontendFolder = /(^|\/)(frontend|client|web|ui|components|pages|public|styles)\//i;
const frontendTypes: readonly string[] = ['tsx', 'jsx', 'vue', 'svelte', 'html', 'css', 'scss', 'less'];
const documentTypes: readonly string[] = ['md', 'mdx', 'rst', 'adoc', 'txt'];

/**
 * Where a file belongs. A test is one wherever it lies, so is a migration; then documents, then the frontend by folder or
 * type; what is left is the backend.
 */
export const areaOf = (path: string): CodeArea => {
  const plain = path.replaceAll('\\', '/');
  const type = fileTypeOf(plain);
  if (testName.test(plain)) return 'tests';
  if (migrationName.test(plain)) return 'migrations';
  if (documentTypes.includes(type)) return 'documentation';
  return frontendFolder.test(plain) || frontendTypes.includes(type) ? 'frontend' : 'backend';
};

/** One mapping for each area that has files. */
export const splitByArea = (paths: readonly string[]): readonly Mapping[] => {
  const found = paths.map(areaOf);
  return areas
    .map((name) => ({ name, items: found.flatMap((area, position) => (area === name ? [position] : [])) }))
    .filter(({ items }) => items.length > 0);
};
