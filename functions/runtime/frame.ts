import type * as z from 'zod';
import { NotRegisteredError } from '#core/agents/errors.ts';
import type { ClientFrameType } from '#core/contract/client-frames.ts';
import type { Envelope } from '#core/contract/envelope.ts';
import type { AgentId } from '#core/contract/ids.ts';
import type { PlatformFrame, PlatformFrameType } from '#core/contract/platform-frames.ts';
import type { Connection } from '#core/identity/connection.ts';
import type { Services } from '#core/services.ts';
import type { Speaker } from '#core/tasks/complete-task.ts';
import { parseInput } from './parse-input.ts';

/** Sends an answer to the frame's sender, correlated with the frame. */
export type Reply = <Type extends PlatformFrameType>(type: Type, payload: PlatformFrame<Type>) => Promise<void>;

/** An authorised frame and the connection that it came over. */
export interface Frame {
  readonly envelope: Envelope;
  readonly connection: Connection;
  readonly reply: Reply;
}

/** What is done with one type of frame. */
export interface FrameRoute {
  run(services: Services, frame: Frame): Promise<void>;
}

/** The routes of one family of frames. */
export type FrameRoutes<Types extends ClientFrameType> = Readonly<Record<Types, FrameRoute>>;

/** A route: its payload is parsed by the contract's schema of its type before the use case sees it. */
export const frameRoute = <Schema extends z.ZodType>(
  schema: Schema,
  handle: (services: Services, frame: Frame, payload: z.output<Schema>) => Promise<unknown>,
): FrameRoute => ({
  run: async (services, frame) => {
    await handle(services, frame, parseInput(schema, frame.envelope.payload, ['payload']));
  },
});

/** The agent that speaks, as its connection proves. @throws NotRegisteredError when it has registered none. */
export const speakerOf = ({ connection }: Frame): Speaker & { readonly agentId: AgentId } => {
  if (connection.agentId === undefined) throw new NotRegisteredError();
  return { tenant: connection.principal.tenant, agentId: connection.agentId };
};
