/** One action on one resource that a role allows, by the names that the sources give them. */
export interface NamedGrant {
  /** A function as the catalogue names it (`http/tasks`), else the role's logical id. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** Grants that no end-to-end test uses, and why they stay. */
export interface UnusedGrants {
  /** Every role that has the grant, or these. */
  readonly roles: 'all' | readonly string[];
  readonly actions: readonly string[];
  /** @default every resource on which the actions are granted */
  readonly resource?: string;
  /** Some test may come to use it: which function is the first to do what several can is decided by the clock. */
  readonly isByChance?: boolean;
  readonly reason: string;
}

export interface GrantsVerdict {
  readonly used: number;
  /** Unused, with a reason. */
  readonly excused: number;
  /** What must be mended, as sentences. */
  readonly faults: readonly string[];
}

const shortestReason = 20;

/** The grant as a sentence; two with the same sentence are one. */
export const describeGrant = ({ role, action, resource }: NamedGrant): string => `${role} may ${action} on ${resource}`;

const covers = ({ roles, actions, resource }: UnusedGrants, grant: NamedGrant): boolean =>
  (roles === 'all' || roles.includes(grant.role)) &&
  actions.includes(grant.action) &&
  (resource === undefined || resource === grant.resource);

/** What is wrong with an entry: it gives no reason, excuses what is used, or names a role or an action for nothing. */
const faultsOf = (
  entry: UnusedGrants,
  granted: readonly NamedGrant[],
  isUsed: (grant: NamedGrant) => boolean,
): readonly string[] => {
  const covered = granted.filter((grant) => covers(entry, grant));
  const used = entry.isByChance === true ? [] : covered.filter(isUsed);
  const title = `The entry of unused grants for ${entry.actions.join(', ')}`;
  const idle = [
    ...(entry.roles === 'all' ? [] : entry.roles.filter((role) => !covered.some((grant) => grant.role === role))),
    ...entry.actions.filter((action) => !covered.some((grant) => grant.action === action)),
  ];
  return [
    ...(entry.reason.trim().length < shortestReason ? [`${title} gives no reason.`] : []),
    ...used.map((grant) => `${describeGrant(grant)}, which is used: take it out of the list of unused grants.`),
    ...idle.map((name) => `${title} names ${name} for nothing: that is not granted.`),
  ];
};

/** Strict both ways: an unused grant without a reason is a fault, and so is a reason for what is used or not granted. */
export const judgeGrants = (
  granted: readonly NamedGrant[],
  isUsed: (grant: NamedGrant) => boolean,
  excuses: readonly UnusedGrants[],
): GrantsVerdict => {
  const unused = granted.filter((grant) => !isUsed(grant));
  const open = unused.filter((grant) => !excuses.some((entry) => covers(entry, grant)));
  return {
    used: granted.length - unused.length,
    excused: unused.length - open.length,
    faults: [
      ...open.map((grant) => `${describeGrant(grant)}, and no end-to-end test used it.`),
      ...excuses.flatMap((entry) => faultsOf(entry, granted, isUsed)),
    ],
  };
};
