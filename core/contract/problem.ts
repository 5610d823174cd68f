import * as z from 'zod';

/** A refusal as HTTP answers it. @see https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = z.looseObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().describe('What happened, which field or limit, and what to do.'),
  code: z.string().describe('What a program branches on; once published, it keeps its meaning.'),
  retryable: z.boolean().describe('Whether the same request may succeed later.'),
  field: z.string().optional().describe('Path of the field at fault, dotted.'),
  limit: z.number().optional().describe('The limit that was passed.'),
  retryAfterMs: z.number().optional(),
});
export type Problem = z.infer<typeof Problem>;
