const words = new Intl.Segmenter('en', { granularity: 'word' });
const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });

/** English words that say little about a text. */
const functionWords = new Set(
  `a about above after again all also although always am among an and another any are as at be because been before
being below between both but by can cannot could did do does doing down during each either else even every few for from
further had has have having he her here hers herself him himself his how however i if in into is it its itself just less
let many may me might mine more most much must my myself neither no nor not now of off on once one only onto or other
others our ours ourselves out over own per quite rather same shall she should since so some such than that the their
theirs them themselves then there therefore these they this those though through thus to too toward under until up upon
us very was we were what when where whether which while who whom whose why will with within without would yet you your
yours yourself yourselves`.split(/\s+/),
);

const abbreviation = /(?:^|[\s(])(?:[A-Z]|Dr|Mr|Mrs|Ms|Prof|St|No|Nr|vs|etc|cf|approx|e\.g|i\.e|Fig|Inc|Ltd)\.\s*$/;

/** The words of a text in lower case, in order. */
export function wordsOf(text: string): string[] {
  return [...words.segment(text.normalize('NFKC'))]
    .filter(({ isWordLike }) => isWordLike === true)
    .map(({ segment }) => segment.toLowerCase());
}

/** The words that carry meaning: no function words, no bare numbers, no single letters. */
export function termsOf(text: string): string[] {
  return wordsOf(text).filter((word) => word.length > 1 && !functionWords.has(word) && /\p{L}/u.test(word));
}

/** The sentences of a paragraph, word for word; an abbreviation ends none. */
export function sentencesOf(paragraph: string): string[] {
  const found: string[] = [];
  let open = '';
  for (const { segment } of sentences.segment(paragraph)) {
    open += segment;
    if (abbreviation.test(open)) continue;
    found.push(open.trim());
    open = '';
  }
  if (open.trim() !== '') found.push(open.trim());
  return found.filter((sentence) => sentence !== '');
}
