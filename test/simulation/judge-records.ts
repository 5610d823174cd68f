import type { Key } from '#core/contract/keys.ts';
import { keys } from '#core/contract/keys.ts';
import type { Change, Court } from './court.ts';
import { judgeValue } from './judge-value.ts';

/** Items that an update may bring into being. Any other update that finds nothing must write nothing. */
const upserted = /^(SLOTS|PROFILE|NEWEST|DUE|SETTINGS|RATE|TENANT|CHILDREN)$/;
/** Counts are begun by whoever counts first; their sort keys are workflows' names. */
const counted = /#METRICS$/;

const judgeUpsert = (court: Court, key: Key, { by, operation, before }: Change): void => {
  if (operation === 'update' && before === undefined && !upserted.test(key.sk) && !counted.test(key.pk))
    court.violate('an update changes what is there', `${key.pk} ${key.sk} came out of nothing, by ${by}`);
};

const judgeConnection = (court: Court, key: Key, { by, before, after }: Change): void => {
  if (before?.['agentId'] !== undefined && after !== undefined && before['agentId'] !== after['agentId'])
    court.violate('a connection speaks for one agent', `${key.pk} by ${by}`);
};

const judgeProfile = (court: Court, key: Key, { by, before, after }: Change): void => {
  if (before !== undefined && after !== undefined && before['owner'] !== after['owner'])
    court.violate('an agent stays with its principal', `${key.pk} by ${by}`);
};

/** A name goes to another agent only when the one that had it is gone. */
const judgeName = (court: Court, key: Key, { by, before, after }: Change): void => {
  if (before === undefined || before['agentId'] === after?.['agentId'] || after === undefined) return;
  const [tenant = ''] = key.pk.split('#');
  const holder = court.item(keys.profile(tenant, String(before['agentId'])));
  if (holder !== undefined && key.pk.endsWith(`#${String(holder['name'])}`))
    court.violate('a name belongs to one agent', `${key.pk} by ${by}`);
};

const judgeKept =
  (rule: string) =>
  (court: Court, key: Key, { by, before, after }: Change): void => {
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(after))
      court.violate(rule, `${key.pk} ${key.sk} by ${by}`);
  };

const judgeVersion = (court: Court, key: Key, change: Change): void =>
  key.pk.includes('#VALUE#')
    ? judgeValue(court, key, change)
    : judgeKept('a version never changes')(court, key, change);

const judgeNewest = (court: Court, key: Key, { by, before, after }: Change): void => {
  if (Number(after?.['version']) < Number(before?.['version'] ?? 0))
    court.violate('the newest version only rises', `${key.pk} by ${by}`);
};

/** A member that was let go counts as at work until it ends. */
const judgeMarker = (court: Court, key: Key, { by, before, after }: Change): void => {
  if (before?.['released'] === true && after !== undefined && after['released'] !== true)
    court.violate('a member let go stays let go', `${key.pk} ${key.sk} by ${by}`);
};

const judgements: readonly (readonly [RegExp, (court: Court, key: Key, change: Change) => void])[] = [
  [/^CONN$/, judgeConnection],
  [/^PROFILE$/, judgeProfile],
  [/^NAME$/, judgeName],
  [/^V#/, judgeVersion],
  [/^LATE#/, judgeKept('the first late result stays')],
  [/^NEWEST$/, judgeNewest],
  [/^OPEN#/, judgeMarker],
];

/** Judges a write of whatever is neither task, slots, stage nor run; and that no update makes items up. */
export const judgeRecord = (court: Court, key: Key, change: Change): void => {
  judgeUpsert(court, key, change);
  for (const [sk, judgement] of judgements) if (sk.test(key.sk)) judgement(court, key, change);
};
