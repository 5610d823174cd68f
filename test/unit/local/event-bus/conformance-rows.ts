import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** A rule of EventBridge with input and the answer it must give. Text stands for JSON whose spelling matters. */
const ConformanceRow = z.strictObject({
  rule: z.string(),
  pattern: z.unknown(),
  event: z.unknown(),
  expected: z.enum(['match', 'no match', 'refused']),
  /** For a refused pattern: what AWS's reason contains. */
  reason: z.string().optional(),
});
const ConformanceGroup = z.strictObject({ title: z.string(), link: z.url(), rows: z.array(ConformanceRow) });

export type ConformanceRow = z.infer<typeof ConformanceRow>;
export type ConformanceGroup = z.infer<typeof ConformanceGroup>;

const directory = join(import.meta.dirname, 'conformance');

export function loadConformance(): readonly ConformanceGroup[] {
  const files = readdirSync(directory).toSorted();
  return files.flatMap((file) => {
    return z.array(ConformanceGroup).parse(JSON.parse(readFileSync(join(directory, file), 'utf8')));
  });
}

export function asJsonText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
