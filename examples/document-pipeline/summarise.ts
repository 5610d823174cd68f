import type { AnalysedText, DocumentSummary } from './document.ts';
import { sentencesOf, termsOf } from './words.ts';

interface Sentence {
  readonly position: number;
  readonly text: string;
  readonly terms: readonly string[];
}

const shownTerms = 20;
/** Fewer terms than this are a remark, not a statement. */
const minTerms = 3;

/**
 * Picks the sentences that say most of what the text is about, and says nothing twice: the sentence with the greatest
 * mean weight of its terms comes first; the weights of its terms are squared then, and so on (the SumBasic rule).
 */
export function summarise({ document, statistics, terms }: AnalysedText): DocumentSummary {
  const sentences = document.paragraphs
    .flatMap(({ text }) => sentencesOf(text))
    .map((text, position): Sentence => ({ position, text, terms: [...new Set(termsOf(text))] }));
  const weights = new Map(terms.map(({ term, weight }) => [term, weight]));
  const long = sentences.filter((sentence) => sentence.terms.length >= minTerms);
  const candidates = new Set(long.length === 0 ? sentences : long);
  const chosen: Sentence[] = [];
  while (chosen.length < document.sentences && candidates.size > 0) {
    const best = heaviest(candidates, weights);
    if (best === undefined) break;
    chosen.push(best);
    candidates.delete(best);
    for (const term of best.terms) weights.set(term, (weights.get(term) ?? 0) ** 2);
  }
  return {
    name: document.name,
    title: document.title,
    statistics,
    terms: terms.slice(0, shownTerms),
    summary: chosen
      .toSorted((left, right) => left.position - right.position)
      .map(({ position, text }) => ({ sentence: position, text })),
  };
}

function heaviest(candidates: ReadonlySet<Sentence>, weights: ReadonlyMap<string, number>): Sentence | undefined {
  let best: Sentence | undefined;
  let most = -1;
  for (const sentence of candidates) {
    const sum = sentence.terms.reduce((total, term) => total + (weights.get(term) ?? 0), 0);
    const weight = sum / Math.max(1, sentence.terms.length);
    if (weight <= most) continue;
    best = sentence;
    most = weight;
  }
  return best;
}
