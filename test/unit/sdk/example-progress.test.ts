import { describe, expect, it } from 'vitest';
import { platformFrames } from '#core/contract/platform-frames.ts';
import { RunView } from '#core/contract/workflow.ts';
import { createProgress } from '../../../examples/shared/progress.ts';
import type { RunEvent } from '../../../examples/shared/run-progress.ts';
import { runId, taskIds } from './fake-platform.ts';

const [first = '', second = ''] = taskIds;
const planned: RunEvent = {
  kind: 'planned',
  title: 'Reviewing 1 files of /work',
  tasks: 4,
};
const changed = (taskId: string, seq: number, data: object, at = 1000): RunEvent => {
  const event = platformFrames.event.parse({ seq, type: 'task.changed', at, runId, taskId, data });
  return { kind: 'event', event };
};
const endedTask = (taskId: string, status: string, agentName: string, attempt: number) => ({
  taskId,
  type: 'analyse.syntax',
  status,
  agentName,
  attempt,
  startedAt: 0,
  endedAt: 700,
});
const ended: RunEvent = {
  kind: 'snapshot',
  view: RunView.parse({
    runId,
    workflow: 'code-review',
    version: 1,
    mode: 'sequential',
    status: 'SUCCEEDED',
    input: null,
    createdAt: 1,
    steps: [
      {
        step: 'syntax',
        status: 'SUCCEEDED',
        tasks: [endedTask(first, 'SUCCEEDED', 'syntax', 1), endedTask(second, 'FAILED', 'syntax-2', 2)],
      },
    ],
  }),
};

const record = (isTTY: boolean) => {
  const stream = { text: '', isTTY, columns: 100, write: (text: string) => (stream.text += text) };
  const clock = { now: 1000 };
  return { stream, clock, progress: createProgress({ stream, now: () => clock.now }) };
};

describe('createProgress', () => {
  it('writes a plain line for each change of state where there is no terminal', () => {
    const { stream, clock, progress } = record(false);
    progress.onEvent(planned);
    progress.onEvent(changed(first, 1, { status: 'ASSIGNED', step: 'syntax', agentName: 'syntax', attempt: 1 }));
    progress.onEvent(changed(first, 2, { status: 'RUNNING', attempt: 1, percent: 10 }));
    progress.onEvent(changed(first, 3, { status: 'RUNNING', attempt: 1, percent: 60 }));
    clock.now = 2500;
    progress.onEvent(changed(first, 4, { status: 'SUCCEEDED', attempt: 1 }, 2500));
    progress.onEvent(changed(first, 3, { status: 'RUNNING', attempt: 1 }));
    progress.onEvent(ended);
    progress.end();
    const lines = stream.text
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().replaceAll(/ +/g, ' '));
    expect(lines).toEqual([
      'Reviewing 1 files of /work in 4 tasks',
      'syntax syntax assigned 0.0 s',
      'syntax syntax running 0.0 s 10 %',
      'syntax syntax succeeded 1.5 s',
      'syntax 2 syntax-2 assigned',
      'syntax 2 syntax-2 failed 0.7 s',
    ]);
    expect(stream.text).not.toContain('\u001b');
  });

  it('keeps a bar below the lines on a terminal and takes it away at the end', () => {
    const { stream, progress } = record(true);
    progress.onEvent(
      changed(first, 1, { status: 'RUNNING', step: 'syntax\u001b[2J', agentName: 'syntax', attempt: 1 }),
    );
    expect(stream.text).toContain('0 of 1 tasks');
    expect(stream.text).not.toContain('\u001b[2J');
    stream.text = '';
    progress.onEvent(ended);
    progress.end();
    expect(stream.text.startsWith('\u001b[2A')).toBe(true);
    expect(stream.text).toContain('failed');
    expect(stream.text).not.toContain('tasks');
  });

  it('shows a task that is tried again with its new agent', () => {
    const { stream, progress } = record(false);
    progress.onEvent(
      changed(first, 1, { status: 'RUNNING', step: 'style', agentName: 'style', attempt: 1, percent: 80 }),
    );
    progress.onEvent(changed(first, 2, { status: 'RUNNING', agentName: 'style-2', attempt: 2 }));
    expect(stream.text.trimEnd().split('\n')[1]?.trim().replaceAll(/ +/g, ' ')).toBe('style style-2 running 0.0 s');
  });
});
