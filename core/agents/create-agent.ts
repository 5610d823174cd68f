import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import type { AgentDraft, AgentView } from '../contract/agent.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { absent } from '../table/conditions.ts';
import { nobody, Profile } from './agent.ts';
import { agentView } from './agent-view.ts';
import { NameTakenError } from './errors.ts';
import { agentIdOf, takeName } from './register-agent.ts';

/**
 * Makes an agent ahead of its first connection: it is `created` until a process registers under its name, which then owns
 * it. Nothing is assigned to it before. The same draft again is the agent that exists.
 *
 * @throws NameTakenError for a name that another agent has.
 */
export const createAgent = async (services: Services, principal: Principal, draft: AgentDraft): Promise<AgentView> => {
  const { tenant } = principal;
  const agentId = agentIdOf(principal, draft);
  await takeName(services, tenant, draft.name, agentId);
  const nowMs = services.clock.now();
  const draftHash = sha256Hex(canonicalJson(draft));
  const profile = { ...draft, tenant, agentId, owner: nobody, createdAt: nowMs, updatedAt: nowMs, rev: 1 };
  const written = await services.table.put({
    key: keys.profile(tenant, agentId),
    item: { ...profile, draftHash, ...indexKeys.list(tenant, 'AGENTS', agentId) },
    clauses: { isNewAgent: absent('pk') },
  });
  if (!written.won && written.item?.['draftHash'] !== draftHash) throw new NameTakenError(draft.name);
  return agentView(Profile.parse(written.item), undefined, nowMs);
};
