import { describe, expect, it } from 'vitest';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { listWorkflowViews } from '#core/runs/workflow-view.ts';
import { createWorld, otherTenant, tenant } from '../world.ts';

describe('listWorkflowViews', () => {
  it('shows each workflow once, by name, in its newest version', async () => {
    const world = createWorld();
    for (const [name, id] of [
      ['b', 'x'],
      ['a', 'x'],
      ['b', 'y'],
    ] as const) {
      const definition = WorkflowDefinition.parse({ mode: 'parallel', name, tasks: [{ id, type: 'work' }] });
      await putWorkflow(world.services, tenant, definition);
    }
    const { items } = await listWorkflowViews(world.services, tenant, { limit: 10 });
    expect(items.map(({ name, version, mode }) => [name, version, mode])).toEqual([
      ['a', 1, 'parallel'],
      ['b', 2, 'parallel'],
    ]);
    expect((await listWorkflowViews(world.services, otherTenant, { limit: 10 })).items).toEqual([]);
  });
});
