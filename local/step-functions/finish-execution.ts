import type { Execution, ExecutionStatus } from './execution.ts';
import { statusDetail } from './status-detail.ts';
import type { StepDraft } from './step-draft.ts';

/** Ends the execution: every frame is dropped and the change of status is to be published. */
export function finishExecution(
  draft: StepDraft,
  end: {
    readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
    readonly output?: unknown;
    readonly error?: string | undefined;
    readonly cause?: string | undefined;
  },
): void {
  for (const frame of draft.all()) draft.drop(frame);
  const ended: Execution = { ...draft.execution, ...end, stoppedAt: draft.now };
  draft.execution = ended;
  draft.notify(statusDetail(ended));
}
