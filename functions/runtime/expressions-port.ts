import { createWorkerExpressions } from '#adapters/expressions/worker-expressions.ts';
import type { Expressions } from '#core/ports/expressions.ts';

/** Apart from the other ports: its thread loads the bundle that names it, and what it evaluates with is large. */
export const expressionsPort = (): Expressions => createWorkerExpressions();
