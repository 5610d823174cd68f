import type { Slots } from '../agents/agent.ts';
import { jsonBytes } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import type { PlatformFrame } from '../contract/platform-frames.ts';
import type { Services } from '../services.ts';
import type { Task } from '../tasks/task.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { assignmentFrame, deliverAssignment } from './deliver.ts';

type Assignment = PlatformFrame<'task.assigned'>;

interface Packed {
  readonly task: Task;
  readonly frame: Assignment;
}

/** What an envelope takes around its payload. */
const envelopeBytes = 512;

/** As many assignments to a message as fit a frame, in order. */
export const pack = (
  assignments: readonly Packed[],
  frameBytes: number = limits.frameBytes,
): readonly (readonly Packed[])[] => {
  const messages: Packed[][] = [];
  let room = 0;
  for (const packed of assignments) {
    const bytes = jsonBytes(packed.frame) + 1;
    const current = messages.at(-1);
    if (current !== undefined && bytes <= room) {
      current.push(packed);
      room -= bytes;
    } else {
      messages.push([packed]);
      room = frameBytes - envelopeBytes - bytes;
    }
  }
  return messages;
};

const deliverMessage = async (services: Services, message: readonly Packed[], slots: Slots): Promise<void> => {
  const isBatch = message.length > 1 && slots.connection !== undefined;
  const pushed = isBatch
    ? await pushFrame(services, slots.connection ?? '', 'task.batch', {
        assignments: message.map(({ frame }) => frame),
      })
    : 'gone';
  if (pushed !== 'gone') return;
  await Promise.all(message.map(({ task }) => deliverAssignment(services, task, slots)));
};

/**
 * Hands assignments to one agent: those of its batch types several to a message, which is billed once, the others one by
 * one. What a message does not reach is delivered as single assignments are.
 */
export const deliverTogether = async (
  services: Services,
  tasks: readonly Task[],
  slots: Slots,
  batchTypes: readonly string[],
): Promise<void> => {
  const together = tasks.filter(({ type }) => batchTypes.includes(type));
  const alone = tasks.filter(({ type }) => !batchTypes.includes(type));
  const frames = await Promise.all(
    together.map(async (task) => ({ task, frame: await assignmentFrame(services, task) })),
  );
  await Promise.all([
    ...alone.map((task) => deliverAssignment(services, task, slots)),
    ...pack(frames).map((message) => deliverMessage(services, message, slots)),
  ]);
};
