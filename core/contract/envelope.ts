import * as z from 'zod';
import { EnvelopeId } from './ids.ts';
import { Json } from './json.ts';
import { Priority } from './priority.ts';
import { Traceparent } from './traceparent.ts';

/**
 * What one WebSocket text frame carries. `seq` counts a connection's frames from 1; `ts` (epoch milliseconds) never
 * decides anything. `from` is written by the platform and refused from a client. The payload is parsed by type, after.
 */
export const Envelope = z.strictObject({
  v: z.literal(1),
  type: z.string().min(1).max(64),
  id: EnvelopeId,
  seq: z.int().positive(),
  ts: z.number().nonnegative(),
  payload: Json,
  ack: z.boolean().optional(),
  to: z.string().max(256).optional(),
  correlationId: EnvelopeId.optional(),
  conversationId: EnvelopeId.optional(),
  parentId: EnvelopeId.optional(),
  priority: Priority.optional(),
  intent: z.enum(['request', 'response', 'notification', 'handoff', 'escalation']).optional(),
  evidence: z.array(Json).max(20).optional(),
  traceparent: Traceparent.optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** An envelope from the platform: as {@link Envelope}, but fields that a newer platform adds are let through. */
export const PlatformEnvelope = z.looseObject({
  v: z.literal(1),
  type: z.string(),
  id: z.string(),
  seq: z.int().nonnegative(),
  ts: z.number(),
  payload: Json,
  from: z.string().optional(),
  correlationId: z.string().optional(),
  traceparent: z.string().optional(),
});
export type PlatformEnvelope = z.infer<typeof PlatformEnvelope>;
