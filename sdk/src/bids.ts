import * as z from 'zod';
import type { AgentRegistration } from '../../core/contract/agent.ts';
import type { TaskId } from '../../core/contract/ids.ts';
import { Json } from '../../core/contract/json.ts';
import type { AssignedTask } from '../../core/contract/task.ts';
import { MusterError } from './errors.ts';
import type { TaskContext } from './task-context.ts';

/** What an agent offers for a task. */
export interface BidOffer {
  /** In US dollars. */
  readonly price: number;
  readonly estimatedMs: number;
  /** How sure it is, 0 to 1. @default 1 */
  readonly confidence?: number;
}

/** A task that is auctioned, as the bidders see it. */
const BidRequest = z.looseObject({
  task: z.looseObject({ type: z.string(), input: Json, description: z.string().optional() }),
  /** What the agent must be able to do. */
  capabilities: z.array(z.string()).default([]),
});
export type BidRequest = z.infer<typeof BidRequest>;

/** Makes an offer, or none. `usual` is what the agent would offer by itself. */
export type BidHandler = (
  request: BidRequest,
  usual: BidOffer,
  context: TaskContext,
) => BidOffer | undefined | Promise<BidOffer | undefined>;

/** What a task takes of which the agent has done none yet. */
const unknownMs = 1000;
/** Weight of a new duration beside what is known. */
const newWeight = 0.2;

/** How long the agent's own tasks took, by type. */
export class Durations {
  readonly #begun = new Map<TaskId, number>();
  readonly #known = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  begin(task: AssignedTask): void {
    this.#begun.set(task.taskId, this.#now());
  }

  end(task: AssignedTask, succeeded: boolean): void {
    const begunAt = this.#begun.get(task.taskId);
    this.#begun.delete(task.taskId);
    if (begunAt === undefined || !succeeded || task.kind === 'bid') return;
    const known = this.#known.get(task.type);
    const tookMs = this.#now() - begunAt;
    this.#known.set(task.type, known === undefined ? tookMs : known + newWeight * (tookMs - known));
  }

  of(type: string): number {
    return this.#known.get(type) ?? unknownMs;
  }
}

type Declared = Pick<z.input<typeof AgentRegistration>, 'capabilities' | 'costPerTask'>;

const confidenceIn = ({ capabilities = [] }: Declared, required: readonly string[]): number =>
  capabilities
    .filter((one) => typeof one !== 'string' && required.includes(one.name))
    .reduce((least, one) => Math.min(least, typeof one === 'string' ? 1 : (one.confidence ?? 1)), 1);

/** Reads what is offered. @throws MusterError for what is no request for a bid. */
export const readBidRequest = (task: AssignedTask): BidRequest => {
  const parsed = BidRequest.safeParse(task.input);
  if (!parsed.success)
    throw new MusterError('The bid that is asked for is not what this version understands', {
      code: 'MALFORMED_FRAME',
      cause: parsed.error,
    });
  return parsed.data;
};

/** What an agent offers by itself: its declared cost, its own past durations stretched by its load, its confidence. */
export const usualBid = (
  { task, capabilities }: BidRequest,
  agent: { readonly declared: Declared; readonly durations: Durations; readonly load: number },
): Required<BidOffer> => ({
  price: agent.declared.costPerTask ?? 0,
  estimatedMs: Math.round(agent.durations.of(task.type) * (1 + agent.load)),
  confidence: confidenceIn(agent.declared, capabilities),
});
