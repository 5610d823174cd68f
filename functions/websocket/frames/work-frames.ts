import { released } from '#core/agents/heartbeat.ts';
import { clientFrames } from '#core/contract/client-frames.ts';
import { handOffTask } from '#core/handoff/hand-off-task.ts';
import { completeTask } from '#core/tasks/complete-task.ts';
import { failTask, rejectTask } from '#core/tasks/fail-task.ts';
import { acceptTask, progressTask } from '#core/tasks/note-progress.ts';
import { waitForChildren } from '#core/tasks/wait-for-children.ts';
import { type FrameRoutes, frameRoute, speakerOf } from '../../runtime/frame.ts';

/** What an agent says of a task that it was given. */
export const workFrames: FrameRoutes<
  | 'task.handoff'
  | 'task.accept'
  | 'task.reject'
  | 'task.progress'
  | 'task.result'
  | 'task.fail'
  | 'task.released'
  | 'task.wait'
> = {
  'task.accept': frameRoute(clientFrames['task.accept'], (services, frame, said) =>
    acceptTask(services, speakerOf(frame), said),
  ),
  'task.reject': frameRoute(clientFrames['task.reject'], (services, frame, said) =>
    rejectTask(services, speakerOf(frame), said),
  ),
  'task.progress': frameRoute(clientFrames['task.progress'], (services, frame, said) =>
    progressTask(services, speakerOf(frame), said),
  ),
  'task.result': frameRoute(clientFrames['task.result'], (services, frame, said) =>
    completeTask(services, speakerOf(frame), said),
  ),
  'task.fail': frameRoute(clientFrames['task.fail'], (services, frame, said) =>
    failTask(services, speakerOf(frame), said),
  ),
  'task.handoff': frameRoute(clientFrames['task.handoff'], (services, frame, said) =>
    handOffTask(services, speakerOf(frame), said),
  ),
  'task.wait': frameRoute(clientFrames['task.wait'], (services, frame, said) =>
    waitForChildren(services, speakerOf(frame), said),
  ),
  'task.released': frameRoute(clientFrames['task.released'], (services, frame, said) =>
    released(services, speakerOf(frame), said),
  ),
};
