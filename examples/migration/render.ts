import type { MigrationReport } from './migration.ts';

const outcomes = {
  migrated: 'Migrated',
  nothing_to_do: 'There was nothing to migrate',
  rolled_back: 'Rolled back',
} as const;

/** A migration to read. */
export function renderMigration({
  status,
  batches,
  changed,
  restored,
  problems,
  risks,
  planId,
}: MigrationReport): string {
  const list = (title: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : ['', title, ...items.map((item) => `  - ${item}`)];
  return [
    `${outcomes[status]} (${planId}): ${batches.flat().length} steps in ${batches.length} batches`,
    ...batches.map((batch, index) => `  ${index + 1}. ${batch.join(', ')}`),
    ...list('Changed', changed),
    ...list('Restored', restored),
    ...list('Problems', problems),
    ...list('Risks', risks),
  ].join('\n');
}
