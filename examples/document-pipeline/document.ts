import * as z from 'zod';

/** What the extractor can read. */
export const DocumentFormat = z.enum(['txt', 'md', 'html', 'docx']);
export type DocumentFormat = z.infer<typeof DocumentFormat>;

/** A document as it is handed in: its text, or its bytes in base64 when it is not text. */
export const SourceDocument = z.strictObject({
  name: z.string().min(1).max(256),
  format: DocumentFormat,
  text: z.string().optional(),
  base64: z.string().optional(),
  /** How many sentences the summary may have. */
  sentences: z.int().min(1).max(50).default(3),
});
export type SourceDocument = z.infer<typeof SourceDocument>;

/** A piece of running text below its nearest heading. */
export const Paragraph = z.strictObject({ heading: z.string().optional(), text: z.string().min(1) });
export type Paragraph = z.infer<typeof Paragraph>;

/** What extraction leaves of a document: its words without its markup. */
export const ExtractedText = z.strictObject({
  name: z.string(),
  format: DocumentFormat,
  title: z.string(),
  paragraphs: z.array(Paragraph),
  sentences: z.int().min(1).max(50),
});
export type ExtractedText = z.infer<typeof ExtractedText>;

/** A term that is not a mere function word. `weight` is its share of all such words. */
export const Term = z.strictObject({
  term: z.string(),
  count: z.int().min(1),
  paragraphs: z.int().min(1),
  weight: z.number(),
});
export type Term = z.infer<typeof Term>;

/** Counts over the running text. */
export const Statistics = z.strictObject({
  characters: z.int().min(0),
  words: z.int().min(0),
  distinctWords: z.int().min(0),
  sentences: z.int().min(0),
  paragraphs: z.int().min(0),
  wordsPerSentence: z.number().min(0),
  readingMinutes: z.number().min(0),
});

/** What the analysis found: all terms, the most frequent first. */
export const AnalysedText = z.strictObject({
  document: ExtractedText,
  statistics: Statistics,
  terms: z.array(Term),
});
export type AnalysedText = z.infer<typeof AnalysedText>;

/** What comes out of the pipeline. */
export const DocumentSummary = z.strictObject({
  name: z.string(),
  title: z.string(),
  statistics: Statistics,
  terms: z.array(Term).max(20),
  /** Word for word from the text, in its order. */
  summary: z.array(z.strictObject({ sentence: z.int().min(0), text: z.string() })),
  /** The summary in one piece. */
  text: z.string().optional(),
});
export type DocumentSummary = z.infer<typeof DocumentSummary>;
