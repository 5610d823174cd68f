import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const core = join(import.meta.dirname, '..', '..', '..', 'core');
const rows = [...readFileSync(join(core, 'README.md'), 'utf8').matchAll(/^\| `([\w-]+)\/` .*\| ([^|]+) \|$/gm)];

describe("core's README", () => {
  it('has every folder, and no other', () => {
    const folders = readdirSync(core, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(new Set(rows.map(([, folder]) => folder))).toEqual(new Set(folders.map(({ name }) => name)));
  });

  it.each(rows.map(([, folder = '', files = '']) => [folder, files] as const))(
    'says of %s where to begin',
    (folder, files) => {
      const inFolder = readdirSync(join(core, folder), { recursive: true, encoding: 'utf8' });
      const named = [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file);
      expect(named.filter((file) => !inFolder.includes(file ?? ''))).toEqual([]);
    },
  );
});
