import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ANALYSERS } from '../../../../examples/code-review/analysers/analysers.ts';
import type { SourceFile } from '../../../../examples/code-review/analysers/finding.ts';

const MAX_BYTES = 512 * 1024;

function readPackage(name: string): SourceFile[] {
  const root = join(import.meta.dirname, '../../../../node_modules', name);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size <= MAX_BYTES)
    .map((path) => ({ path: path.slice(root.length + 1), text: readFileSync(path, 'utf8') }));
}

describe.each(['zod', 'ws', 'jsonata', 'fastify', '@middy/core'])('the files of %s', (name) => {
  const files = readPackage(name);
  const lineCounts = new Map(files.map((file) => [file.path, file.text.split('\n').length]));

  it.each(Object.entries(ANALYSERS))(
    '%s crashes on none and points at existing lines',
    (_agent, analyse) => {
      const isLost = (file: string, line: number): boolean => line > (lineCounts.get(file) ?? 0);
      expect(analyse(files).filter((finding) => isLost(finding.file, finding.line))).toEqual([]);
    },
    60_000,
  );

  it('hold no syntax error', () => {
    expect(ANALYSERS.syntax(files)).toEqual([]);
  });
});
