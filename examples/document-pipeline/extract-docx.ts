import { strFromU8, unzipSync } from 'fflate';
import { Parser } from 'htmlparser2';
import { TaskFailure } from '#sdk/index.ts';
import type { Paragraph } from './document.ts';
import { collapse, type Extraction } from './extract-html.ts';

const mainPart = 'word/document.xml';
/** An archive may claim to unfold into anything. */
const maxXmlBytes = 20 * 1024 * 1024;

/** The running text of a Word document. @throws TaskFailure UNREADABLE_DOCUMENT */
export function extractDocx(base64: string): Extraction {
  const paragraphs: Paragraph[] = [];
  let title: string | undefined;
  let heading: string | undefined;
  let text = '';
  let style = '';
  let isText = false;
  const endParagraph = (): void => {
    const line = collapse(text);
    text = '';
    if (line === '') return;
    if (/^title$/i.test(style)) title ??= line;
    else if (/^heading/i.test(style)) heading = line;
    else paragraphs.push(heading === undefined ? { text: line } : { heading, text: line });
  };
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === 'w:p') style = '';
        if (name === 'w:pStyle') style = attributes['w:val'] ?? '';
        if (name === 'w:t') isText = true;
        if (name === 'w:tab' || name === 'w:br') text += ' ';
      },
      onclosetag(name) {
        if (name === 'w:t') isText = false;
        if (name === 'w:p') endParagraph();
      },
      ontext(data) {
        if (isText) text += data;
      },
    },
    { xmlMode: true },
  );
  parser.end(readMainPart(base64));
  return { title, paragraphs };
}

function readMainPart(base64: string): string {
  const unreadable = (why: string, cause?: unknown): TaskFailure =>
    new TaskFailure('UNREADABLE_DOCUMENT', `Not a Word document: ${why}`, { retryable: false, cause });
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(Buffer.from(base64, 'base64'), {
      filter: ({ name, originalSize }) => name === mainPart && originalSize <= maxXmlBytes,
    });
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error), error);
  }
  const part = files[mainPart];
  if (part === undefined) throw unreadable(`it has no ${mainPart} of up to ${maxXmlBytes} bytes`);
  return strFromU8(part);
}
