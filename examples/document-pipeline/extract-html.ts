import { Parser } from 'htmlparser2';
import type { Paragraph } from './document.ts';

/** What an extractor reads out of a file. */
export interface Extraction {
  readonly title?: string | undefined;
  readonly paragraphs: Paragraph[];
}

const hidden = new Set(['script', 'style', 'noscript', 'template', 'head', 'svg', 'math', 'nav', 'iframe', 'object']);
const blocks = new Set(
  'address article aside blockquote body br caption dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main ol option p pre section summary table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
);

/** Collects text by block: a paragraph ends where a block begins or ends. */
class HtmlText {
  readonly paragraphs: Paragraph[] = [];
  title: string | undefined;
  #text = '';
  #titleText = '';
  #heading: string | undefined;
  #inHeading = false;
  #hiddenDepth = 0;
  #inTitle = false;

  open(name: string): void {
    if (name === 'title' && this.title === undefined) this.#inTitle = true;
    if (hidden.has(name)) this.#hiddenDepth += 1;
    if (blocks.has(name)) this.flush();
    if (/^h[1-6]$/.test(name)) this.#inHeading = true;
  }

  close(name: string): void {
    if (name === 'title' && this.#inTitle) {
      this.#inTitle = false;
      this.title = collapse(this.#titleText);
    }
    if (blocks.has(name)) this.flush();
    if (hidden.has(name)) this.#hiddenDepth -= 1;
    if (/^h[1-6]$/.test(name)) this.#inHeading = false;
  }

  text(data: string): void {
    if (this.#inTitle) this.#titleText += data;
    else if (this.#hiddenDepth <= 0) this.#text += data;
  }

  flush(): void {
    const text = collapse(this.#text);
    this.#text = '';
    if (text === '') return;
    if (this.#inHeading) this.#heading = text;
    else this.paragraphs.push(this.#heading === undefined ? { text } : { heading: this.#heading, text });
  }
}

/** The visible running text of a page; what only structures or decorates it is left out. */
export function extractHtml(html: string): Extraction {
  const reader = new HtmlText();
  const parser = new Parser({
    onopentag: (name) => reader.open(name),
    onclosetag: (name) => reader.close(name),
    ontext: (data) => reader.text(data),
  });
  parser.end(html);
  reader.flush();
  return { title: reader.title === '' ? undefined : reader.title, paragraphs: reader.paragraphs };
}

/** One space wherever there is white space. */
export function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
