import { strToU8, zipSync } from 'fflate';
import { expect } from 'vitest';
import { DocumentSummary } from '../../../examples/document-pipeline/document.ts';
import { type Checker, Dice } from './checker.ts';

const contentWords =
  'river glacier turbine harvest ledger antenna orchard magnet cellar tunnel compass lantern quarry sensor bridge pasture furnace kernel violin canvas'.split(
    ' ',
  );
const fillers = ['the', 'of', 'and', 'with', 'from', 'is', 'that'];
const formats = ['txt', 'md', 'html', 'docx'] as const;

interface Sentence {
  readonly text: string;
  readonly content: readonly string[];
  readonly words: number;
}

/** A text whose every word is known, in its paragraphs. */
const writeText = (dice: Dice): { title: string; paragraphs: Sentence[][] } => {
  const topics = dice.shuffle(contentWords).slice(0, 3);
  const sentence = (): Sentence => {
    const content = dice.times(dice.whole(3, 7), () =>
      dice.chance(0.4) ? dice.pick(topics) : dice.pick(contentWords),
    );
    const words = content.flatMap((word) => (dice.chance(0.6) ? [dice.pick(fillers), word] : [word]));
    const text = words.join(' ');
    return { text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`, content, words: words.length };
  };
  return {
    title: `About ${topics.join(', ')}`,
    paragraphs: dice.times(dice.whole(2, 6), () => dice.times(dice.whole(2, 5), sentence)),
  };
};

const asHtml = (dice: Dice, title: string, paragraphs: readonly Sentence[][]): string => {
  const decorate = (text: string): string =>
    text.replace(/[a-z]+/g, (word) => (dice.chance(0.1) ? `<b>${word}</b>` : word)).replace(/ /, '&nbsp;');
  const body = paragraphs.map(
    (sentences) => `<p class="x">${sentences.map(({ text }) => decorate(text)).join('\n ')}</p>`,
  );
  return `<!doctype html><html><head><title>${title}</title><style>p { color: red }</style></head>
<body><nav>Home. About.</nav><script>const hidden = "glacier glacier";</script>${body.join('<hr>')}</body></html>`;
};

const asMarkdown = (dice: Dice, title: string, paragraphs: readonly Sentence[][]): string => {
  const decorate = (text: string): string =>
    text.replace(/[a-z]+/g, (word) => (dice.chance(0.1) ? `**${word}**` : word));
  const body = paragraphs.map((sentences) => sentences.map(({ text }) => decorate(text)).join('\n'));
  return `# ${title}\n\n${body.join('\n\n')}\n\n\`\`\`js\nconst hidden = 'glacier';\n\`\`\`\n`;
};

const asDocx = (title: string, paragraphs: readonly Sentence[][]): string => {
  const paragraph = (text: string, style = ''): string =>
    `<w:p>${style === '' ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
  const body = paragraphs.map((sentences) => paragraph(sentences.map(({ text }) => text).join(' ')));
  const xml = `<?xml version="1.0"?><w:document><w:body>${paragraph(title, 'Title')}${body.join('')}</w:body></w:document>`;
  return Buffer.from(zipSync({ 'word/document.xml': strToU8(xml) })).toString('base64');
};

const make = (seed: number) => {
  const dice = new Dice(seed);
  const format = formats[seed % formats.length] ?? 'txt';
  const { title, paragraphs } = writeText(dice);
  const sentences = dice.whole(1, 4);
  const plain = paragraphs.map((part) => part.map(({ text }) => text).join(' ')).join('\n\n');
  const contents = {
    txt: { text: plain },
    md: { text: asMarkdown(dice, title, paragraphs) },
    html: { text: asHtml(dice, title, paragraphs) },
    docx: { base64: asDocx(title, paragraphs) },
  };
  return {
    title,
    paragraphs,
    sentences,
    input: { name: `seed-${seed}.${format}`, format, sentences, ...contents[format] },
  };
};

/** The sentences that the rule picks, found by looking at all of them each time. */
const pickSentences = (sentences: readonly Sentence[], count: number): number[] => {
  const all = sentences.flatMap(({ content }) => content);
  const share = Object.fromEntries(
    contentWords.map((word) => [word, all.filter((each) => each === word).length / all.length]),
  );
  const picked: number[] = [];
  const isLong = ({ content }: Sentence): boolean => new Set(content).size >= 3;
  while (picked.length < Math.min(count, sentences.filter(isLong).length)) {
    const scores = sentences.map((sentence, index) => {
      const distinct = [...new Set(sentence.content)];
      if (picked.includes(index) || !isLong(sentence)) return -1;
      return distinct.reduce((sum, word) => sum + (share[word] ?? 0), 0) / distinct.length;
    });
    const best = scores.indexOf(Math.max(...scores));
    picked.push(best);
    for (const word of new Set(sentences[best]?.content)) share[word] = (share[word] ?? 0) ** 2;
  }
  return picked.toSorted((left, right) => left - right);
};

export const documentPipelineChecker: Checker = {
  input: (seed) => make(seed).input,
  async check(seed, report) {
    const { title, paragraphs, sentences: wanted, input } = make(seed);
    const { statistics, terms, summary, ...rest } = DocumentSummary.parse(report);
    const sentences = paragraphs.flat();
    const content = sentences.flatMap((each) => each.content);
    if (input.format !== 'txt') expect(rest.title).toBe(title);
    expect(statistics).toMatchObject({
      words: sentences.reduce((sum, { words }) => sum + words, 0),
      sentences: sentences.length,
      paragraphs: paragraphs.length,
    });
    const counts = Object.fromEntries(terms.map(({ term, count }) => [term, count]));
    const expected = [...new Set(content)].map((word) => [word, content.filter((each) => each === word).length]);
    expect(counts).toEqual(Object.fromEntries(expected));
    expect(summary.map(({ sentence }) => sentence)).toEqual(pickSentences(sentences, wanted));
    expect(summary.map(({ text }) => text)).toEqual(summary.map(({ sentence }) => sentences[sentence]?.text));
  },
};
