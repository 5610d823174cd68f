import * as z from 'zod';
import { hasPolicy } from '../approvals/policies.ts';
import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { ModeChoice } from '../contract/definitions/auto.ts';
import type { TenantId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { type AskedWorkflow, WorkflowDefinition } from '../contract/workflow.ts';
import { ConflictError, NotFoundError } from '../errors/errors.ts';
import { checkDefinition, InvalidDefinitionError } from '../modes/check-definition.ts';
import { type ResolvedWorkflow, resolveWorkflow } from '../modes/resolve-auto.ts';
import { rulesOf } from '../modes/rules-of.ts';
import type { Services } from '../services.ts';
import { absent, equal, setAll } from '../table/conditions.ts';

/** One version of a workflow; never changed once written, so a run stays with what it began with. */
export const StoredWorkflow = z.looseObject({
  name: z.string(),
  version: z.int(),
  definition: WorkflowDefinition,
  /** Where the mode was left to the platform: what its author wrote, and what was chosen. */
  asked: Json.optional(),
  choice: ModeChoice.optional(),
  hash: z.string(),
  createdAt: z.number(),
});
export type StoredWorkflow = z.infer<typeof StoredWorkflow>;

const Newest = z.looseObject({ version: z.int(), hash: z.string() });
const definitionCacheMs = 300_000;
const maxTries = 5;

/**
 * A definition as it would run, if it could be stored.
 * @throws InvalidDefinitionError, also for an expression that can never be evaluated, with where it stands; CycleError,
 * PayloadTooLargeError.
 */
export const checkWorkflow = async (
  services: Services,
  tenant: TenantId,
  asked: AskedWorkflow,
): Promise<ResolvedWorkflow> => {
  const resolved = resolveWorkflow(asked);
  const { definition } = resolved;
  checkDefinition(definition);
  const rules = rulesOf(definition);
  for (const { id, approval } of rules.outline.flatMap(({ steps }) => steps)) {
    const policy = approval?.policy;
    if (policy !== undefined && !(await hasPolicy(services, tenant, policy)))
      throw new InvalidDefinitionError(
        `steps.${id}.approval.policy`,
        `The tenant’s settings have no escalation policy ${policy}.`,
      );
  }
  for (const { field, expression } of rules.expressions ?? []) {
    const problem = await services.expressions.problemWith(expression);
    if (problem !== undefined) throw new InvalidDefinitionError(field, `It cannot be evaluated: ${problem}`);
  }
  return resolved;
};

/**
 * Stores a definition as the workflow's next version; the same definition again is the version that exists.
 * @throws InvalidDefinitionError, CycleError, PayloadTooLargeError; ConflictError when others keep being faster.
 */
export const putWorkflow = async (
  services: Services,
  tenant: TenantId,
  asked: AskedWorkflow,
): Promise<StoredWorkflow> => {
  const { definition, choice } = await checkWorkflow(services, tenant, asked);
  const hash = sha256Hex(canonicalJson(asked));
  for (let tries = 0; tries < maxTries; tries++) {
    const item = await services.table.get(keys.workflowNewest(tenant, definition.name), { consistent: true });
    const newest = item === undefined ? { version: 0, hash: '' } : Newest.parse(item);
    if (newest.hash === hash) return readWorkflow(services, tenant, definition.name, newest.version);
    const version = newest.version + 1;
    const stored: StoredWorkflow = {
      name: definition.name,
      version,
      definition,
      ...(choice === undefined ? {} : { asked: Json.parse(asked), choice }),
      hash,
      createdAt: services.clock.now(),
    };
    await services.table.put({
      key: keys.workflowVersion(tenant, definition.name, version),
      item: stored,
      clauses: { isNew: absent('pk') },
    });
    const written = await readVersion(services, tenant, definition.name, version);
    // The version's item is written first and never again; the pointer follows whoever wrote it.
    const moved = await services.table.update({
      key: keys.workflowNewest(tenant, definition.name),
      set: setAll({
        version,
        hash: written.hash,
        name: written.name,
        mode: written.definition.mode,
        createdAt: written.createdAt,
        ...indexKeys.list(tenant, 'WORKFLOWS', definition.name),
      }),
      clauses: { stillNewest: item === undefined ? absent('pk') : equal('version', newest.version) },
    });
    if (moved.won && written.hash === hash) return written;
  }
  throw new ConflictError(`Workflow ${definition.name}`);
};

const readVersion = async (
  services: Services,
  tenant: TenantId,
  name: string,
  version: number,
): Promise<StoredWorkflow> => {
  const item = await services.table.get(keys.workflowVersion(tenant, name, version), { consistent: true });
  if (item === undefined) throw new NotFoundError('workflow version', `${name}/${version}`);
  return StoredWorkflow.parse(item);
};

/** One version of a workflow, remembered: it never changes. @throws NotFoundError. */
export const readWorkflow = async (
  services: Services,
  tenant: TenantId,
  name: string,
  version: number,
): Promise<StoredWorkflow> => {
  const nowMs = services.clock.now();
  const cacheKey = `workflow:${tenant}#${name}#${version}`;
  const remembered = StoredWorkflow.safeParse(services.cache.get(cacheKey, nowMs));
  if (remembered.success) return remembered.data;
  const stored = await readVersion(services, tenant, name, version);
  services.cache.set(cacheKey, stored, nowMs + definitionCacheMs);
  return stored;
};

/** The newest version's number. @throws NotFoundError when there is no such workflow. */
export const newestVersion = async (services: Services, tenant: TenantId, name: string): Promise<number> => {
  const item = await services.table.get(keys.workflowNewest(tenant, name), { consistent: true });
  if (item === undefined) throw new NotFoundError('workflow', name);
  return Newest.parse(item).version;
};
