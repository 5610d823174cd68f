import { marked } from 'marked';
import { TaskFailure } from '#sdk/index.ts';
import type { ExtractedText, SourceDocument } from './document.ts';
import { extractDocx } from './extract-docx.ts';
import { collapse, type Extraction, extractHtml } from './extract-html.ts';

/**
 * The running text of a document, paragraph by paragraph.
 * @throws TaskFailure UNREADABLE_DOCUMENT, or EMPTY_DOCUMENT when there is no text in it
 */
export function extract(source: SourceDocument): ExtractedText {
  const { title, paragraphs } = read(source);
  if (paragraphs.length === 0)
    throw new TaskFailure('EMPTY_DOCUMENT', `${source.name} holds no running text`, { retryable: false });
  const { name, format, sentences } = source;
  return { name, format, title: title ?? paragraphs[0]?.heading ?? name, paragraphs, sentences };
}

function read({ name, format, text, base64 }: SourceDocument): Extraction {
  if (format === 'docx') return extractDocx(base64 ?? '');
  const content = text ?? (base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8'));
  if (content === undefined)
    throw new TaskFailure('UNREADABLE_DOCUMENT', `${name} has neither text nor base64`, { retryable: false });
  if (format === 'html') return extractHtml(content);
  return format === 'md' ? extractMarkdown(content) : extractPlain(content);
}

function extractPlain(text: string): Extraction {
  const paragraphs = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n[\t ]*(?:\r?\n)+/)
    .map(collapse)
    .filter((paragraph) => paragraph !== '');
  return { paragraphs: paragraphs.map((paragraph) => ({ text: paragraph })) };
}

/** By way of HTML, so that both know the same structure; code and front matter are not running text. */
function extractMarkdown(text: string): Extraction {
  const body = text.replace(/^\uFEFF?---\r?\n[\s\S]*?\r?\n---\r?\n/, '');
  const tokens = marked.lexer(body);
  const title = tokens.find((token) => token.type === 'heading' && token['depth'] === 1);
  const html = marked.parser(tokens.filter((token) => token.type !== 'code'));
  const titleText = title === undefined ? undefined : extractHtml(marked.parser([{ ...title, type: 'paragraph' }]));
  return { title: titleText?.paragraphs[0]?.text, paragraphs: extractHtml(html).paragraphs };
}
