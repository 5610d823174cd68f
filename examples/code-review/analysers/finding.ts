import * as z from 'zod';

/** How much a finding matters, from worst to mildest. */
export const Severity = z.enum(['critical', 'high', 'medium', 'low', 'info']);
export type Severity = z.infer<typeof Severity>;

/** The severities in ranking order: index 0 is the worst. */
export const SEVERITIES: readonly Severity[] = Severity.options;

/** One statement about one place of the reviewed sources; `line` counts from 1 and always exists in `file`. */
export const Finding = z.strictObject({
  rule: z.string().min(1),
  severity: Severity,
  file: z.string().min(1),
  line: z.int().min(1),
  endLine: z.int().min(1).optional(),
  message: z.string().min(1),
  evidence: z.string().optional(),
  agent: z.string().min(1),
});
export type Finding = z.infer<typeof Finding>;

/** One reviewed file: a path relative to the reviewed directory, with forward slashes, and its text. */
export const SourceFile = z.strictObject({ path: z.string().min(1), text: z.string() });
export type SourceFile = z.infer<typeof SourceFile>;

/** Turns file contents into findings; pure, never throws on any input text. */
export type Analyser = (files: readonly SourceFile[]) => Finding[];
