import * as z from 'zod';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

const id = (prefix: string, name: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_${uuid}$`), `must look like ${prefix}_xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`)
    .meta({ id: name, examples: [`${prefix}_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90`] });

/** A task. Hash of what makes it unique (see `taskIdOf`), so a repeated submit names the same task. */
export const TaskId = id('tsk', 'TaskId').brand('TaskId');
export type TaskId = z.infer<typeof TaskId>;

/** An agent. Stays the same over reconnects; belongs to the principal that first registered it. */
export const AgentId = id('agt', 'AgentId').brand('AgentId');
export type AgentId = z.infer<typeof AgentId>;

/** One execution of a workflow. Also the name of its Step Functions execution. */
export const RunId = id('run', 'RunId').brand('RunId');
export type RunId = z.infer<typeof RunId>;

/** One reservation of an agent's slot; fresh for each, so that a release can never free another's reservation. */
export const ClaimId = id('clm', 'ClaimId').brand('ClaimId');
export type ClaimId = z.infer<typeof ClaimId>;

/** A disagreement of agents. Hash of who reported it under which key. */
export const ConflictId = id('cfl', 'ConflictId').brand('ConflictId');
export type ConflictId = z.infer<typeof ConflictId>;

/** A frame's id, chosen by its sender. */
export const EnvelopeId = z.string().regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'must be 1 to 128 of A-Z a-z 0-9 _ . : -');
export type EnvelopeId = z.infer<typeof EnvelopeId>;

/** A tenant: part of every key, so its alphabet has neither the key separator `#` nor the API key separator `_`. */
export const TenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 of a-z 0-9 -')
  .brand('TenantId');
export type TenantId = z.infer<typeof TenantId>;

/** A name that users choose for agents, workflows, steps, capabilities, task types and labels. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$/,
    'must be 1 to 128 of A-Z a-z 0-9 _ . : / - and begin with a letter or digit',
  );
export type Name = z.infer<typeof Name>;
