import * as z from 'zod';
import { ConflictReport, ConflictStats, ConflictStatus, ConflictView } from '../conflict.ts';
import { ConflictId, Name } from '../ids.ts';
import { NoQuery, type Operation, pageOf, pageQuery } from '../operation.ts';

/** Routes of what agents disagree about. */
export const conflictOperations = {
  'POST /v1/conflicts': {
    repeat: 'keyed',
    summary: 'Report a disagreement of agents, to be settled by rules or by people',
    description:
      'Positions count by their confidence, less without evidence where others have some, less by as much as their holders were overruled before. The strongest holds, unless the conflict is critical, none is strong enough, or several are held too surely: then it is put before people (`escalationId`). The same `Idempotency-Key` names the same conflict.',
    input: z.object({ query: NoQuery, body: ConflictReport }),
    reply: { status: 201, body: ConflictView },
    refuses: ['IDEMPOTENCY_MISMATCH', 'PAYLOAD_TOO_LARGE'],
    example: {
      body: {
        type: 'design',
        severity: 'high',
        positions: [
          { agentId: 'architect', position: 'REST', confidence: 0.8, evidence: ['All clients speak it.'] },
          { agentId: 'backend', position: 'gRPC', confidence: 0.9, evidence: ['A benchmark.'] },
        ],
      },
    },
  },
  'GET /v1/conflicts': {
    summary: 'List conflicts, newest first',
    description: 'Filters apply to each page.',
    input: z.object({
      query: z.strictObject({ ...pageQuery, status: ConflictStatus.optional(), type: Name.optional() }),
    }),
    reply: { status: 200, body: pageOf(ConflictView) },
    example: { query: { status: 'ESCALATED' } },
  },
  'GET /v1/conflicts/stats': {
    summary: 'Count conflicts by how they came out and by type, and tell what was learned',
    input: z.object({ query: NoQuery }),
    reply: { status: 200, body: ConflictStats },
  },
  'GET /v1/conflicts/{conflictId}': {
    summary: 'Get a conflict with its log, as far as it has come',
    input: z.object({ params: z.object({ conflictId: ConflictId }), query: NoQuery }),
    reply: { status: 200, body: ConflictView },
  },
} as const satisfies Readonly<Record<string, Operation>>;
