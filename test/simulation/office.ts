import { readAgentView } from '#core/agents/agent-view.ts';
import { createAgent } from '#core/agents/create-agent.ts';
import { registryStats } from '#core/agents/registry-stats.ts';
import { stopAgent } from '#core/agents/stop-agent.ts';
import { updateAgent, updateAgentVersion } from '#core/agents/update-agent.ts';
import { answerByLink, createLink } from '#core/approvals/links.ts';
import { KeyRequest } from '#core/contract/access.ts';
import { AgentDraft } from '#core/contract/agent.ts';
import { LinkRequest } from '#core/contract/approval-link.ts';
import { TenantId } from '#core/contract/ids.ts';
import { isTerminal } from '#core/contract/task.ts';
import { Quotas } from '#core/contract/tenant.ts';
import { TriggerDefinition } from '#core/contract/trigger.ts';
import { UnauthenticatedError } from '#core/identity/authenticate.ts';
import { createKey } from '#core/identity/create-key.ts';
import { listKeys } from '#core/identity/list-keys.ts';
import { Principal } from '#core/identity/principal.ts';
import { revokeKey } from '#core/identity/revoke-key.ts';
import { createTicket, spendTicket, ticketAmong } from '#core/identity/tickets.ts';
import { answerOnce } from '#core/repeat/answer-once.ts';
import { readRunCounts } from '#core/runs/count-run.ts';
import { listVersionViews } from '#core/runs/workflow-view.ts';
import { setDebugMode } from '#core/system/debug-mode.ts';
import { initialize, shutdown } from '#core/system/shutdown.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { changeTenant, createTenant, listTenants } from '#core/tenants/manage-tenants.ts';
import { fireSchedule, fireTriggers } from '#core/triggers/fire-triggers.ts';
import { putTrigger, removeTrigger } from '#core/triggers/put-trigger.ts';
import type { Agent } from './agent.ts';
import type { Chance } from './chance.ts';
import type { Client } from './clients.ts';
import type { Platform } from './platform.ts';
import { Sharing } from './sharing.ts';

const home: Principal = Principal.parse({ tenant: 'default', id: 'key:home', role: 'admin' });

/** Those who run a tenant: keys, tickets, quotas, triggers, approvals, figures. What they do may die half way and is done again. */
export class Office {
  private readonly platform: Platform;
  private readonly client: Client;
  private readonly principal: Principal;
  private readonly chance: Chance;
  private readonly sharing: Sharing;
  private deeds = 0;

  constructor(platform: Platform, client: Client, principal: Principal) {
    this.platform = platform;
    this.client = client;
    this.principal = principal;
    this.chance = platform.world.storyChance;
    this.sharing = new Sharing(platform, client, principal);
  }

  /** One deed of many. */
  act(agents: readonly Agent[]): void {
    this.deeds += 1;
    const key = `deed-${this.deeds}`;
    const agent = this.chance.pick(agents);
    const deeds = [
      () => this.plan(key),
      () => this.count(),
      () => this.changeSeen(agent),
      () => this.giveKey(key),
      () => this.giveTicket(),
      () => this.watchClosely(key),
      () => this.rule(key),
      () => this.automate(key),
      () => this.mail(),
      () => this.halt(agent),
      () => this.repeat(key),
    ];
    this.chance.pick(deeds)();
  }

  /** What is shared, disputed or written by many. */
  share(): void {
    this.deeds += 1;
    this.sharing.act(`shared-${this.deeds}`);
  }

  /** Closed for a moment. Whoever works is let finish, and nobody is given anything. */
  close(): void {
    const { tenant } = this.principal;
    this.client.request('shutdown', (services) => shutdown(services, tenant));
    this.platform.world.scheduler.after(this.chance.between(1000, 30_000), () => this.open());
  }

  /** Open, whoever closed it. */
  open(): void {
    const { tenant } = this.principal;
    this.client.request('initialize', (services) => initialize(services, tenant));
  }

  /** The credential of somebody who is connected ends. */
  revoke({ id }: Principal): void {
    const { tenant } = this.principal;
    this.client.request('revoke', (services) => revokeKey(services, tenant, id.slice('key:'.length)));
  }

  plan(key: string): void {
    const draft = AgentDraft.parse({ name: `${this.principal.tenant}-${key}`, capabilities: ['code'] });
    this.client.request('create agent', (services) => createAgent(services, this.principal, draft));
  }

  private count(): void {
    const { tenant } = this.principal;
    this.client.look('figures', (services) => registryStats(services, tenant));
    this.client.look('versions', (services) => listVersionViews(services, tenant, 'steps', { limit: 2 }));
    this.client.look('run counts', (services) => readRunCounts(services, tenant, 5));
    this.client.look('keys', (services) => listKeys(services, tenant, { limit: 5 }));
    void this.platform.handle('view tenants', undefined, (services) => listTenants(services, home, { limit: 5 }));
  }

  private changeSeen({ agentId }: Agent): void {
    const { tenant } = this.principal;
    this.client.request('change what was seen', async (services) => {
      const { version } = await readAgentView(services, tenant, agentId);
      await updateAgentVersion(services, { tenant, agentId }, { labels: { zone: 'b' } }, version);
      const { version: next } = await readAgentView(services, tenant, agentId);
      await updateAgentVersion(services, { tenant, agentId }, { status: 'active' }, next);
    });
  }

  private giveKey(key: string): void {
    const request = KeyRequest.parse({ name: key, role: 'submitter' });
    const { principal, client } = this;
    client.request(
      'create key',
      (services) => createKey(services, principal, request, key),
      ({ keyId }) => client.request('revoke', (services) => revokeKey(services, principal.tenant, keyId)),
    );
  }

  /** A ticket is offered twice, and lets one in. A repeated request makes another ticket. */
  private giveTicket(): void {
    const { principal, client } = this;
    client.request(
      'create ticket',
      (services) => createTicket(services, principal, { role: 'viewer' }),
      ({ protocols }) => this.offerTwice(ticketAmong(protocols) ?? ''),
    );
  }

  private offerTwice(ticket: string): void {
    const { platform, principal } = this;
    let entered = 0;
    const enter = async (): Promise<void> => {
      const ended = await platform.handle('spend ticket', principal.tenant, (services) =>
        spendTicket(services, ticket),
      );
      if (ended.kind === 'done') entered += 1;
      else if (!(ended.error instanceof UnauthenticatedError || ended.error.retryable))
        platform.world.violate('a ticket is refused as a credential is', ended.error.code);
      if (entered > 1) platform.world.violate('a ticket opens one connection', ticket);
    };
    void enter();
    void enter();
  }

  private watchClosely(key: string): void {
    const { tenant } = this.principal;
    const enabled = this.chance.happens(0.5);
    this.once(key, { enabled }, (services) => setDebugMode(services, tenant, { enabled, minutes: 2 }));
  }

  /** A tenant is made, and this one is allowed as much as before. */
  private rule(key: string): void {
    const { platform, principal } = this;
    const tenant = TenantId.parse(`${principal.tenant}-${key}`);
    const request = { tenant, quotas: Quotas.parse({ agents: this.chance.between(5, 50) }) };
    const change = { name: key };
    void platform.handle('create tenant', undefined, (services) => createTenant(services, home, request, key));
    void platform.handle('change tenant', undefined, (services) =>
      changeTenant(services, home, principal.tenant, { change }),
    );
  }

  /** An event starts a run once for each trigger, however often it comes. */
  private automate(key: string): void {
    const { chance, client, platform, principal } = this;
    const { tenant } = principal;
    const { scheduler, now } = platform.world;
    const definition = TriggerDefinition.parse({
      name: key,
      workflow: chance.pick(['steps', 'any-of']),
      ...(chance.happens(0.5)
        ? { eventPattern: { source: [key] } }
        : { schedule: { expression: 'rate(1 day)', timeZone: 'UTC' } }),
      inputTemplate: { n: 1 },
    });
    const time = new Date(now).toISOString();
    const event = { id: `event-${key}`, source: key, 'detail-type': 'Started', time, detail: { tenant } };
    const due = { kind: 'schedule', tenant, trigger: key, id: `due-${key}`, time } as const;
    client.request(
      'put trigger',
      (services) => putTrigger(services, principal, definition),
      () => {
        const fire = (): void =>
          client.request('fire', async (services) => {
            if (definition.schedule === undefined) await fireTriggers(services, event);
            else await fireSchedule(services, due);
          });
        for (const delayMs of [0, 15_000]) scheduler.after(delayMs, fire);
        scheduler.after(60_000, () =>
          client.request('remove trigger', (services) => removeTrigger(services, principal, key)),
        );
      },
    );
  }

  /** Somebody answers what people are asked; now and then too late, and nothing comes of it but a note. */
  answer(): void {
    const { chance, client, platform, principal } = this;
    const asked = platform.monitor
      .tasks()
      .filter(({ tenant, kind }) => tenant === principal.tenant && kind === 'approval');
    const over = asked.filter(({ status }) => status === 'TIMED_OUT');
    const open = asked.filter(({ status }) => !isTerminal(status));
    const answered = chance.happens(0.3) ? over : open;
    if (answered.length === 0) return;
    const { taskId, approval } = chance.pick(answered);
    const decision = chance.pick(approval?.options ?? ['approved', 'denied']);
    client.request('answer approval', (services) => answerApproval(services, principal, taskId, { decision }));
  }

  /** An agent is stopped at once; it comes back when somebody lets it. */
  private halt({ agentId }: Agent): void {
    const { tenant } = this.principal;
    this.client.request('stop agent', (services) =>
      stopAgent(services, tenant, agentId, { reason: 'enough', by: 'agent' }),
    );
    this.platform.world.scheduler.after(this.chance.between(5000, 60_000), () =>
      this.client.request('resume agent', (services) =>
        updateAgent(services, { tenant, agentId }, { status: 'active' }),
      ),
    );
  }

  /** A link to an approval is opened, and answered twice at once: one of the two counts. */
  private mail(): void {
    const { client, platform, principal } = this;
    const open = platform.monitor
      .tasks()
      .find(({ tenant, kind, status }) => tenant === principal.tenant && kind === 'approval' && !isTerminal(status));
    if (open === undefined) return;
    const request = LinkRequest.parse({ for: 'somebody' });
    client.request(
      'make link',
      (services) => createLink(services, { principal, taskId: open.taskId, request }),
      ({ token }) => {
        for (const decision of open.approval?.options.slice(0, 2) ?? [])
          client.request('answer by link', (services) => answerByLink(services, token, { decision }), undefined, 3);
      },
    );
  }

  /** An earlier run is done again from its second step. */
  private repeat(key: string): void {
    const { chance, client, platform, principal } = this;
    const earlier = platform.monitor
      .runs()
      .filter(
        ({ tenant, workflow, status }) => tenant === principal.tenant && workflow === 'steps' && isTerminal(status),
      );
    if (earlier.length === 0) return;
    client.run(key, { workflow: 'steps', reuse: { runId: chance.pick(earlier).runId, from: 'both' } });
  }

  /** A request whose answer is kept, as the API keeps those of what has no id of its own. */
  private once(key: string, request: object, useCase: Parameters<Client['request']>[1]): void {
    const { client, principal } = this;
    client.request(`once ${key}`, (services) =>
      answerOnce(services, { principal, idempotencyKey: key, request }, async () => {
        await useCase(services);
        return { status: 200 };
      }),
    );
  }
}
