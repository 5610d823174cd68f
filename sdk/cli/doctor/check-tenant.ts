import { timings } from '../../../core/contract/limits.ts';
import type { TenantView } from '../../../core/contract/tenant.ts';
import type { Cli } from '../cli.ts';
import { ago, count, duration } from '../format.ts';
import { type Finding, failing, look, ok, warning } from './check.ts';

const soon = 0.8;
const keyEndsSoonMs = 7 * 24 * 3600_000;

const checkQuotas = ({ usage, quotas }: TenantView): Finding => {
  if (usage === undefined) return ok('quotas', 'nothing counted yet');
  const shares = (
    [
      ['connected agents', usage.agents, quotas.agents],
      ['queued tasks', usage.queuedTasks, quotas.queuedTasks],
      ['open runs', usage.openRuns, quotas.openRuns],
    ] as const
  ).map(([name, used, quota]) => ({ text: `${used} of ${quota} ${name}`, share: used / quota }));
  const said = shares.map(({ text }) => text).join(', ');
  const fix = 'An administrator raises them: PATCH /v1/tenants/{tenant}';
  const full = shares.filter(({ share }) => share >= 1);
  if (full.length > 0) return failing('quotas', `${full.map(({ text }) => text).join(', ')}: used up.`, fix);
  return shares.some(({ share }) => share >= soon)
    ? warning('quotas', `${said}: nearly used up.`, fix)
    : ok('quotas', said);
};

const checkSweep = ({ usage }: TenantView, now: number): Finding => {
  // A tenant that has done nothing yet was not counted; the sweep comes once a minute.
  if (usage === undefined || now - usage.at < timings.usageGoodMs)
    return ok('sweep', usage === undefined ? 'nothing counted yet' : `counted ${ago(usage.at, now)}`);
  return failing(
    'sweep',
    `Nothing was counted for ${duration(now - usage.at)}: what is silent or overdue is not noticed.`,
    'Look at the schedule and at the logs of the function schedule/sweep.',
  );
};

/** What the tenant may have and has, and whether the sweep counts. */
export const checkTenant = (cli: Cli, apiKey: string): Promise<readonly Finding[]> =>
  look('quotas', async () => {
    const [, tenant = ''] = apiKey.split('_');
    const view = await (await cli.administrator()).getTenant(tenant);
    return [checkQuotas(view), checkSweep(view, cli.surroundings.timers.now())];
  });

/** Whether the key is good for a while yet. */
export const checkKeyLife = (cli: Cli, apiKey: string): Promise<readonly Finding[]> =>
  look('key life', async () => {
    const [, , keyId = ''] = apiKey.split('_');
    const { items } = await (await cli.administrator()).listKeys({ limit: 100 });
    const endsAt = items.find((key) => key.keyId === keyId)?.endsAt;
    if (endsAt === undefined) return ok('key life', 'has no end');
    const leftMs = endsAt - cli.surroundings.timers.now();
    if (leftMs > keyEndsSoonMs) return ok('key life', `ends in ${duration(leftMs)}`);
    return warning(
      'key life',
      `The key ends in ${duration(leftMs)}.`,
      'Make the next one: muster keys create … --save <profile>',
    );
  });

/** Whether work is taken, and whether somebody is there to do it. */
export const checkWork = (cli: Cli): Promise<readonly Finding[]> =>
  look('work', async () => {
    const operator = await cli.operator();
    const [status, queue] = await Promise.all([operator.getStatus(), operator.getQueue()]);
    if (status.state === 'shutting_down')
      return failing(
        'work',
        'The tenant is shutting down and takes no new work.',
        'Open it: POST /v1/system/initialize',
      );
    if (status.state === 'stopped')
      return failing(
        'work',
        'The system was stopped: agents are told to stop, and no new work is taken.',
        'Resume it when the reason is gone: muster system resume',
      );
    const { agents } = status;
    const said = `${count(agents.available + agents.busy, 'agent')} at work or free, ${count(status.queued, 'task')} waiting`;
    const { items } = await (await cli.client()).listAgents({ limit: 100 });
    const abilities = items
      .filter(({ connected }) => connected)
      .map(({ capabilities }) => capabilities.map(({ name }) => name));
    const helpless = queue.kinds.filter(
      ({ queued, requirements }) =>
        queued > 0 && !abilities.some((names) => requirements.capabilities.every((name) => names.includes(name))),
    );
    if (helpless.length === 0) return ok('work', said);
    const wanted = helpless.map(
      ({ queued, requirements }) => `${queued} for ${requirements.capabilities.join(' + ') || 'any agent'}`,
    );
    return warning(
      'work',
      `Tasks wait that no connected agent can do: ${wanted.join('; ')}.`,
      'Start such an agent (muster agent spawn), or see why: muster task explain <task>',
    );
  });

/** Whether tasks failed for good and nobody has looked. */
export const checkDeadLetters = (cli: Cli): Promise<readonly Finding[]> =>
  look('dead letters', async () => {
    const { items, nextCursor } = await (await cli.operator()).listDeadLetters({ limit: 100 });
    if (items.length === 0) return ok('dead letters', 'none');
    const said = `${count(items.length, 'task')}${nextCursor === undefined ? '' : ' and more'} failed for good.`;
    return warning('dead letters', said, 'muster dlq ls, then muster dlq redrive');
  });
