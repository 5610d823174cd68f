import * as z from 'zod';
import type { WorkflowDefinitionInput } from '#sdk/index.ts';
import { AnalysedText, DocumentSummary, ExtractedText, SourceDocument } from './document.ts';

const JsonSchema = z.record(z.string(), z.json());
const schemaOf = (schema: z.ZodType, io: 'input' | 'output' = 'output') =>
  JsonSchema.parse(z.toJSONSchema(schema, { io }));

const by = (capability: string, timeoutSeconds: number) => ({
  requirements: { capabilities: [`document.${capability}`] },
  timeoutSeconds,
});

/** A document through three agents, each output checked before it is handed on. */
export const documentPipelineWorkflow = {
  mode: 'pipeline',
  name: 'document-pipeline',
  description: 'Extraction, analysis and summary of a document.',
  timeoutSeconds: 120,
  stages: [
    {
      id: 'extraction',
      type: 'extract',
      inputSchema: schemaOf(SourceDocument, 'input'),
      outputSchema: schemaOf(ExtractedText),
      ...by('extraction', 30),
    },
    { id: 'analysis', type: 'analyse', outputSchema: schemaOf(AnalysedText), ...by('analysis', 45) },
    {
      id: 'summarization',
      type: 'summarise',
      outputSchema: schemaOf(DocumentSummary.omit({ text: true })),
      // What a reader wants is one text.
      transform: '$merge([$, { "text": $join(summary.text, " ") }])',
      ...by('summarization', 20),
    },
  ],
  output: '{{ result.output }}',
} satisfies WorkflowDefinitionInput;
