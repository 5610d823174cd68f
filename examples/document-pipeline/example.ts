import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import * as z from 'zod';
import { agentFiles, defineExample } from '../shared/example.ts';
import { fromCaller } from '../shared/from-caller.ts';
import { DocumentFormat, DocumentSummary, SourceDocument } from './document.ts';
import { renderSummary } from './render.ts';
import { documentPipelineWorkflow } from './workflow.ts';

/** A file, relative to where the command is given. */
const DocumentPath = z.strictObject({ path: z.string().min(1), sentences: SourceDocument.shape.sentences });
/** A document itself, or a file that holds one. */
const DocumentRequest = z.union([SourceDocument, DocumentPath]);

const formats: Readonly<Record<string, DocumentFormat>> = {
  '.txt': 'txt',
  '.md': 'md',
  '.markdown': 'md',
  '.html': 'html',
  '.htm': 'html',
  '.docx': 'docx',
};

/** Summarises a document. */
export const documentPipeline = defineExample({
  name: 'document-pipeline',
  summary: 'extracts, analyses and summarises a document: txt, Markdown, HTML or Word',
  agents: agentFiles(import.meta.url, ['extractor', 'analyst', 'summariser']),
  input: DocumentRequest,
  output: DocumentSummary,
  workflows: [documentPipelineWorkflow],
  sample: { path: 'README.md', sentences: 4 },
  title: (input) => `Summarising ${'path' in input ? input.path : input.name}`,
  prepare: async (input) => z.json().parse('path' in input ? await readDocument(input) : input),
  render: renderSummary,
});

async function readDocument({ path, sentences }: z.output<typeof DocumentPath>): Promise<SourceDocument> {
  const format = formats[extname(path).toLowerCase()];
  if (format === undefined) throw new Error(`${path} is none of ${Object.keys(formats).join(', ')}.`);
  const bytes = await readFile(fromCaller(path));
  const content = format === 'docx' ? { base64: bytes.toString('base64') } : { text: bytes.toString('utf8') };
  return { name: basename(path), format, sentences, ...content };
}
