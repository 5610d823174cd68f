import * as z from 'zod';
import { StepId } from '../contract/definitions/step.ts';
import type { SwarmFanoutWorkflow } from '../contract/definitions/swarm-fanout.ts';
import { Name } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import { Requirements } from '../contract/task.ts';
import { arrangeParts } from '../coordination/swarm/arrange-parts.ts';
import { divideList } from '../coordination/swarm/divide-list.ts';
import { type SwarmPart, validateDecomposition } from '../coordination/swarm/validate-decomposition.ts';
import { listAt } from '../coordination/template.ts';
import { InvalidFieldError } from '../errors/errors.ts';
import { templateScope } from '../runs/outputs.ts';
import type { ModeContext } from './mode-rules.ts';
import { readOutcomes } from './run-reader.ts';

/** A part as a decomposer proposes it. What it does not say is as the definition's `work`. */
const ProposedPart = z.looseObject({
  id: StepId,
  input: Json.default(null),
  type: Name.optional(),
  description: z.string().max(4096).optional(),
  dependsOn: z.array(z.string()).max(50).default([]),
  requirements: Requirements.optional(),
});
type ProposedPart = z.infer<typeof ProposedPart>;

const Proposal = z.looseObject({ parts: z.array(Json) });

/** A part of a swarm's task, with what it waits for. */
export interface Part extends SwarmPart {
  readonly input: Json;
  readonly description?: string | undefined;
  readonly requirements?: Requirements | undefined;
}

/** What the mode calls its own steps. */
const ownSteps: readonly string[] = ['decompose', 'aggregate'];

/** As many faults as a refusal names. */
const namedFaults = 10;

const refuse = (faults: readonly string[]): never => {
  const more = faults.length > namedFaults ? ` And ${faults.length - namedFaults} more.` : '';
  const message = `The decomposition is refused. ${faults.slice(0, namedFaults).join(' ')}${more}`;
  throw new InvalidFieldError('parts', message.slice(0, 4000));
};

/** Reads what a decomposer answered. An oversized answer is not read further: its size may be the attack. */
const readProposal = (output: Json): readonly ProposedPart[] => {
  const proposal = Proposal.safeParse(output);
  if (!proposal.success) return refuse(['It is no object with a list "parts".']);
  const { parts } = proposal.data;
  if (parts.length > limits.partsPerSwarm)
    return refuse([`It has ${parts.length} parts; at most ${limits.partsPerSwarm} are taken.`]);
  const read = parts.map((part) => ProposedPart.safeParse(part));
  const faults = read.flatMap(({ error }, position) =>
    (error?.issues ?? []).map((issue) => `parts.${[position, ...issue.path].join('.')}: ${issue.message}.`),
  );
  return faults.length > 0 ? refuse(faults) : read.flatMap(({ data }) => data ?? []);
};

const proposedBy = async (context: ModeContext): Promise<readonly ProposedPart[]> => {
  const [outcome] = await readOutcomes(context, 0);
  return readProposal(outcome?.output ?? null);
};

const dividedBy = async (
  { services, run }: ModeContext,
  over: string,
  division: Parameters<typeof divideList>[1],
): Promise<readonly ProposedPart[]> => {
  const list = listAt(over, await templateScope(services, run, [over]), limits.itemsPerStep);
  return divideList(list, division).map((part) => ({ ...part, dependsOn: [...part.dependsOn] }));
};

/** One at a time, each may use what the one before it did, beside what it depends on. */
const withOwnDependencies = (arranged: readonly Part[], parts: readonly Part[]): readonly Part[] => {
  const own = new Map(parts.map(({ id, dependsOn }) => [id, dependsOn]));
  return arranged.map((part) => ({
    ...part,
    dependsOn: [...new Set([...(own.get(part.id) ?? []), ...part.dependsOn])],
  }));
};

/**
 * The parts of a swarm's task, arranged in its order. The same each time, as it depends on the run's input and on an
 * answer that stands.
 * @throws InvalidFieldError naming every fault of a decomposition that cannot be run: it is refused whole.
 */
export const partsOf = async (context: ModeContext, definition: SwarmFanoutWorkflow): Promise<readonly Part[]> => {
  const { decompose, work, order, size } = definition;
  const proposed =
    'task' in decompose
      ? await proposedBy(context)
      : await dividedBy(context, decompose.over, { by: decompose.by, strategy: order, size });
  const type = work.type ?? work.run?.workflow ?? 'approval';
  const parts: readonly Part[] = proposed.map((part) => ({ ...part, type: part.type ?? type }));
  const faults = [
    ...validateDecomposition(parts, limits.partsPerSwarm).map(({ message }) => message),
    ...parts.filter(({ id }) => ownSteps.includes(id)).map(({ id }) => `No part may be called "${id}".`),
  ];
  if (faults.length > 0) refuse(faults);
  const arranged = arrangeParts(parts, order);
  return order === 'sequential' ? withOwnDependencies(arranged, parts) : arranged;
};
