import type { Json } from '../../contract/json.ts';
import { type Entry, entriesOf, textAt } from './entries.ts';

const keyOf = ({ value }: Entry): string => {
  const text = textAt(value, 'suggestion') || textAt(value, 'title') || textAt(value, 'message');
  const plain = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return JSON.stringify([textAt(value, 'file'), plain]);
};

const impactOf = ({ value }: Entry): number => {
  const { impact } = value;
  return typeof impact === 'number' && Number.isFinite(impact) ? impact : 0;
};

/**
 * Suggestions made by several: those of one file whose words are the same, whatever case and punctuation, are one. Ranked
 * by how many made it, then by the highest impact that anybody gave it, then by text.
 */
export const aggregateSuggestions = (parts: readonly { readonly name: string; readonly output: Json }[]): Json => {
  const { entries, unreadable } = entriesOf(parts, 'suggestions');
  const suggestions = [...Map.groupBy(entries, keyOf)]
    .map(([key, made]) => {
      const strongest = made.reduce((kept, entry) => (impactOf(entry) > impactOf(kept) ? entry : kept));
      return { key, strongest, madeBy: [...new Set(made.map(({ part }) => part))].toSorted() };
    })
    .toSorted(
      (a, b) =>
        b.madeBy.length - a.madeBy.length || impactOf(b.strongest) - impactOf(a.strongest) || (a.key < b.key ? -1 : 1),
    );
  return {
    suggestions: suggestions.map(({ strongest, madeBy }) => ({ ...strongest.value, votes: madeBy.length, madeBy })),
    total: suggestions.length,
    duplicates: entries.length - suggestions.length,
    unreadable,
  };
};
