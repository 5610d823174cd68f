import * as z from 'zod';

/**
 * Which trace something belongs to, and under which span, as W3C Trace Context writes it.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export const Traceparent = z
  .string()
  .regex(/^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/, 'must be a W3C traceparent');
export type Traceparent = z.infer<typeof Traceparent>;
