import * as z from 'zod';
import { ApprovalChain, usualPolicy } from './approval-chain.ts';
import { ConflictSettings } from './conflict.ts';
import { Name } from './ids.ts';
import { limits } from './limits.ts';
import { TopicPattern } from './messaging.ts';
import { Role } from './roles.ts';
import { StateAccess } from './state.ts';
import { Strategy } from './task.ts';

/** The roles that may join, and those that may send; every role that is let in at all when left out. */
const AudienceAccess = z.strictObject({ join: z.array(Role).optional(), send: z.array(Role).optional() });

const mostRules = 100;
const isShort = (rules: object): boolean => Object.keys(rules).length <= mostRules;
const mostPolicies = 50;
const tooMany = `has more than ${mostRules} rules`;

/** What holds for all of a tenant's work unless a workflow or task says otherwise. */
export const TenantSettings = z.strictObject({
  /** Who is asked about escalations and requests for resources that name nobody: the policy `default`. */
  escalationChain: ApprovalChain.optional(),
  /** Others, by the name by which approvals, escalations and requests for resources call them. */
  escalationPolicies: z
    .record(Name, ApprovalChain)
    .refine((policies) => Object.keys(policies).length <= mostPolicies, `has more than ${mostPolicies} policies`)
    .refine((policies) => !Object.hasOwn(policies, usualPolicy), `has "${usualPolicy}", which is escalationChain`)
    .optional(),
  /** How an agent is chosen. @default least_loaded */
  defaultStrategy: Strategy.optional(),
  /** Who may be in groups and topics, and who may send to them. Topics by pattern; every rule that fits counts. */
  messaging: z
    .strictObject({
      groups: z.record(Name, AudienceAccess).refine(isShort, tooMany).default({}),
      topics: z.record(TopicPattern, AudienceAccess).refine(isShort, tooMany).default({}),
    })
    .optional(),
  /** How disagreements and conflicts of writes are settled. */
  conflicts: ConflictSettings.optional(),
  /** Who may read and write which shared state. */
  stateAccess: z.array(StateAccess).max(limits.stateRules).optional(),
});
export type TenantSettings = z.infer<typeof TenantSettings>;
