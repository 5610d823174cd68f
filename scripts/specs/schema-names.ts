import * as z from 'zod';
import { CreatedKey, KeyRequest, KeyView, TicketRequest, TicketView } from '#core/contract/access.ts';
import {
  AgentDraft,
  AgentRegistration,
  AgentStatusView,
  AgentUpdate,
  AgentView,
  Capability,
  Labels,
} from '#core/contract/agent.ts';
import { AuditRecord } from '#core/contract/audit.ts';
import { Completion, Step, StepGroup } from '#core/contract/definitions/step.ts';
import { DryRun } from '#core/contract/dry-run.ts';
import { Explanation } from '#core/contract/explanation.ts';
import { Json } from '#core/contract/json.ts';
import { Problem } from '#core/contract/problem.ts';
import { TenantSettings } from '#core/contract/settings.ts';
import {
  Cleared,
  DebugMode,
  ErrorStats,
  Initialized,
  QueueStatus,
  RegistryStats,
  Remainder,
  SystemStatus,
} from '#core/contract/system.ts';
import {
  Affinity,
  AssignedTask,
  CostCriteria,
  Layered,
  MatchCriteria,
  Requirements,
  RetryPolicy,
  Strategy,
  TaskError,
  TaskStatus,
  TaskSubmission,
  TaskView,
  Usage,
} from '#core/contract/task.ts';
import {
  CreatedTenant,
  Quotas,
  TenantChange,
  TenantRequest,
  Usage as TenantUsage,
  TenantView,
} from '#core/contract/tenant.ts';
import { AskedWorkflow, RunRequest, RunView, WorkflowDefinition, WorkflowView } from '#core/contract/workflow.ts';

/** Schemas that have a name of their own in the descriptions; every other one is told where it is used. */
const named: Readonly<Record<string, z.ZodType>> = {
  Affinity,
  Agent: AgentView,
  AgentDraft,
  AgentRegistration,
  AgentStatus: AgentStatusView,
  AgentUpdate,
  AskedWorkflow,
  AssignedTask,
  AuditRecord,
  Capability,
  Cleared,
  Completion,
  CostCriteria,
  CreatedKey,
  CreatedTenant,
  DebugMode,
  DryRun,
  ErrorStats,
  Explanation,
  Initialized,
  Json,
  Key: KeyView,
  KeyRequest,
  Labels,
  Layered,
  MatchCriteria,
  Problem,
  Quotas,
  QueueStatus,
  RegistryStats,
  Remainder,
  Requirements,
  RetryPolicy,
  Run: RunView,
  RunRequest,
  Step,
  StepGroup,
  Strategy,
  SystemStatus,
  Task: TaskView,
  TaskError,
  TaskStatus,
  TaskSubmission,
  Tenant: TenantView,
  TenantChange,
  TenantRequest,
  TenantSettings,
  TenantUsage,
  Ticket: TicketView,
  TicketRequest,
  Usage,
  Workflow: WorkflowView,
  WorkflowDefinition,
};

/** Gives the schemas their names. Saying it twice changes nothing. */
export const nameSchemas = (): void => {
  for (const [id, schema] of Object.entries(named)) {
    if (z.globalRegistry.get(schema)?.id === id) continue;
    z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
  }
};
