import { describe, expect, it } from 'vitest';
import { analyse } from '../../../../examples/document-pipeline/analyse.ts';
import { SourceDocument } from '../../../../examples/document-pipeline/document.ts';
import { extract } from '../../../../examples/document-pipeline/extract.ts';
import { renderSummary } from '../../../../examples/document-pipeline/render.ts';
import { summarise } from '../../../../examples/document-pipeline/summarise.ts';
import { sentencesOf, termsOf } from '../../../../examples/document-pipeline/words.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { documentPipelineChecker } from '../../../support/examples/document-pipeline.ts';

const read = (input: unknown) => extract(SourceDocument.parse(input));

describe('the pipeline over generated documents', () => {
  it.each(checkedSeeds)('extracts, counts and picks as computed another way (seed %i)', async (seed) => {
    const summary = summarise(analyse(read(documentPipelineChecker.input(seed))));
    await expect(documentPipelineChecker.check(seed, summary)).resolves.toBeUndefined();
    for (const { text } of summary.summary) expect(renderSummary(summary)).toContain(text);
  });
});

describe('extract', () => {
  it('keeps headings beside their paragraphs and leaves code, scripts and navigation out', () => {
    const text = '---\ntitle: x\n---\n# One *two*\n\nFirst.\n\n## Part\n\n- a point\n- another\n\n```\ncode\n```\n';
    expect(read({ name: 'a.md', format: 'md', text })).toMatchObject({
      title: 'One two',
      paragraphs: [
        { heading: 'One two', text: 'First.' },
        { heading: 'Part', text: 'a point' },
        { heading: 'Part', text: 'another' },
      ],
    });
  });

  it('decodes entities and survives markup that is never closed', () => {
    const text = '<p>Caf&eacute; &amp; bar<p>second <b>bold<script>bad()';
    expect(read({ name: 'a.html', format: 'html', text }).paragraphs).toEqual([
      { text: 'Café & bar' },
      { text: 'second bold' },
    ]);
  });

  it.each([
    { input: { name: 'a', format: 'docx', base64: 'bm90IGEgemlw' }, says: 'Not a Word document' },
    { input: { name: 'a', format: 'txt' }, says: 'neither text nor base64' },
    { input: { name: 'a', format: 'txt', text: ' \n\n ' }, says: 'no running text' },
    { input: { name: 'a', format: 'html', text: '<script>only()</script>' }, says: 'no running text' },
  ])('refuses what cannot be read: $says', ({ input, says }) => {
    expect(() => read(input)).toThrow(says);
  });
});

describe('words', () => {
  it('ends no sentence at an abbreviation', () => {
    expect(sentencesOf('Dr. Smith met J. Doe, i.e. Jane. They left!')).toEqual([
      'Dr. Smith met J. Doe, i.e. Jane.',
      'They left!',
    ]);
  });

  it('takes numbers, letters and function words for no terms', () => {
    expect(termsOf('The 3 ships of A are older than 1900.')).toEqual(['ships', 'older']);
  });
});

describe('summarise', () => {
  it('says nothing twice when another sentence says something new', () => {
    const same = 'Rivers carve deep valleys.';
    const text = `${same} ${same} Glaciers move rocks slowly.`;
    const summary = summarise(analyse(read({ name: 'a', format: 'txt', text, sentences: 2 })));
    expect(summary.summary.map(({ sentence }) => sentence)).toEqual([0, 2]);
  });

  it('takes short remarks when there is nothing else', () => {
    const summary = summarise(analyse(read({ name: 'a', format: 'txt', text: 'Yes. Never. Ships!', sentences: 9 })));
    expect(summary.summary.map(({ text }) => text)).toEqual(['Yes.', 'Never.', 'Ships!']);
  });
});
