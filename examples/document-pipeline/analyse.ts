import type { AnalysedText, ExtractedText, Term } from './document.ts';
import { sentencesOf, termsOf, wordsOf } from './words.ts';

const wordsPerMinute = 230;

/** Counts words, sentences and terms. */
export function analyse(document: ExtractedText): AnalysedText {
  const texts = document.paragraphs.map(({ text }) => text);
  const words = texts.flatMap(wordsOf);
  const sentences = texts.flatMap(sentencesOf).length;
  return {
    document,
    statistics: {
      characters: texts.reduce((sum, text) => sum + text.length, 0),
      words: words.length,
      distinctWords: new Set(words).size,
      sentences,
      paragraphs: texts.length,
      wordsPerSentence: round(sentences === 0 ? 0 : words.length / sentences),
      readingMinutes: round(words.length / wordsPerMinute),
    },
    terms: countTerms(texts),
  };
}

function countTerms(paragraphs: readonly string[]): Term[] {
  const perParagraph = paragraphs.map(termsOf);
  const counts = Map.groupBy(perParagraph.flat(), (term) => term);
  const spread = Map.groupBy(
    perParagraph.flatMap((terms) => [...new Set(terms)]),
    (term) => term,
  );
  const total = perParagraph.flat().length;
  return [...counts]
    .map(([term, { length }]) => ({
      term,
      count: length,
      paragraphs: spread.get(term)?.length ?? 1,
      weight: length / total,
    }))
    .toSorted((left, right) => right.count - left.count || (left.term < right.term ? -1 : 1));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
