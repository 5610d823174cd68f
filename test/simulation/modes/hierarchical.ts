import * as z from 'zod';
import type { ModePlot } from './mode.ts';

const Brief = z.looseObject({ phase: z.string() });
const Note = z.looseObject({
  value: z.looseObject({ progress: z.looseObject({ total: z.int(), succeeded: z.int() }) }),
});

const terms = {
  mode: 'hierarchical' as const,
  timeoutSeconds: 900,
  supervisor: { type: 'supervise', requirements: { capabilities: ['review'] }, timeoutSeconds: 300 },
  lead: { type: 'lead', timeoutSeconds: 200 },
  work: { type: 'chore', timeoutSeconds: 200, retry: { maxAttempts: 1 } },
};

/** Supervisors and leaders that die, are away, or say what cannot be; work that fails, and is given out again once. */
export const hierarchical: ModePlot = {
  workflows: [
    // For one agent or more.
    {
      ...terms,
      name: 'small-hierarchy',
      teams: [
        { name: 'left', leader: 'acme-a0', specialization: 'left', workers: { capability: 'code', size: 1 } },
        { name: 'right', leader: 'acme-a0', specialization: 'right', workers: { capability: 'code', size: 1 } },
      ],
    },
    {
      ...terms,
      name: 'hierarchy',
      teams: [
        { name: 'left', leader: 'acme-a0', specialization: 'left', workers: { capability: 'code', size: 2 } },
        { name: 'right', leader: 'acme-a1', specialization: 'right', workers: { agents: ['acme-a2', 'acme-a0'] } },
      ],
    },
  ],
  inputOf: () => ({}),
  outputOf: (task, chance) => {
    const { data } = Brief.safeParse(task.input);
    if (data === undefined || !['supervise', 'lead'].includes(task.type)) return undefined;
    if (chance.happens(0.05)) return { nonsense: true };
    if (data.phase === 'plan')
      return {
        subtasks: [
          { id: 'l', team: 'left' },
          { id: 'r', specialization: 'right' },
        ],
      };
    if (data.phase === 'split') return { items: [{ id: 'one' }, { id: 'two', effort: 3 }] };
    return data.phase === 'recover' ? { action: chance.pick(['reassign', 'reassign', 'skip', 'give_up']) } : {};
  },
  judge: (court, key, { before, after }) => {
    if (key.sk !== 'NOTE#result' || after === undefined) return;
    const { data } = Note.safeParse(after);
    if (before !== undefined) court.violate('H1 a hierarchy comes to one thing', `${key.pk} ${key.sk}`);
    if (data !== undefined && data.value.progress.succeeded > data.value.progress.total)
      court.violate('H2 no more is done than there is', JSON.stringify(data.value.progress));
  },
};
