import { settleReported } from '../conflicts/tell-reporter.ts';
import { ConflictId } from '../contract/ids.ts';
import type { SettleMessage } from '../contract/messages.ts';
import type { Services } from '../services.ts';
import { settledValue } from '../values/settle-value.ts';

/**
 * Has whatever waited for an answer take it: a conflict its decision, a value the write that holds. What it names is read
 * as it is: a message that comes twice, late or for nothing changes nothing.
 */
export const settleWaiting = async (services: Services, { tenant, what }: SettleMessage): Promise<void> => {
  const [, kind, name = ''] = /^(conflict|value):(.+)$/.exec(what) ?? [];
  if (kind === 'conflict') {
    const conflictId = ConflictId.safeParse(name);
    if (conflictId.success) await settleReported(services, tenant, conflictId.data);
    return;
  }
  const [scope, value] = name.split('/');
  if (scope !== undefined && value !== undefined) await settledValue(services, { tenant, scope, name: value });
};
