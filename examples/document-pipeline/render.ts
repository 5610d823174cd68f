import type { DocumentSummary } from './document.ts';

const shownTerms = 10;

/** A summary to read. */
export function renderSummary({ title, name, statistics, terms, summary }: DocumentSummary): string {
  const { words, sentences, paragraphs, wordsPerSentence, readingMinutes } = statistics;
  return [
    `${title} (${name})`,
    `${words} words in ${sentences} sentences and ${paragraphs} paragraphs; ${wordsPerSentence} words a sentence, ${readingMinutes} min to read`,
    `Terms: ${terms
      .slice(0, shownTerms)
      .map(({ term, count }) => `${term} (${count})`)
      .join(', ')}`,
    '',
    ...summary.map(({ text }) => `• ${text}`),
  ].join('\n');
}
