import assert from 'node:assert/strict';
import { MessageSending, type OutgoingMessageInput } from '#core/contract/messaging.ts';
import { readWaiting } from '#core/messaging/mailbox.ts';
import { join } from '#core/messaging/memberships.ts';
import { sendMessages } from '#core/messaging/send-messages.ts';
import { owner, type TestAgent } from '#test/unit/core/world.ts';
import { refused, type Scenario, type Scene } from './scene.ts';

const send = ({ services }: Scene, frameId: string, message: Omit<OutgoingMessageInput, 'id'>) =>
  sendMessages(services, {
    principal: owner,
    from: owner.id,
    frameId,
    sending: MessageSending.parse({ number: 1, messages: [{ id: 'm', ...message }] }),
  });

const contentsFor = async ({ services }: Scene, { tenant, agentId }: TestAgent): Promise<readonly unknown[]> => {
  const { mail } = await readWaiting(services, { tenant, agentId });
  return mail.flatMap(({ messages }) => messages.map(({ content }) => content));
};

/** Scenes of messages: what was said under a name stays what it was. */
export const messageScenarios: readonly Scenario[] = [
  {
    write: 'put MAIL {sameFrame}',
    clause: 'sameFrame',
    title: 'a frame of other messages comes under the name of one that waits',
    async play(scene) {
      const bob = await scene.world.agent('bob');
      await send(scene, 'f', { to: 'bob', content: 'yes' });
      await refused(send(scene, 'f', { to: 'bob', content: 'no' }));
      await send(scene, 'f', { to: 'bob', content: 'yes' });
      assert.deepEqual(await contentsFor(scene, bob), ['yes']);
    },
  },
  {
    write: 'put SENT {sameMessages}',
    clause: 'sameMessages',
    title: 'a frame of other messages comes under the name of one that went to several',
    async play(scene) {
      const agents = [await scene.world.agent('bob'), await scene.world.agent('eve')];
      for (const { tenant, agentId } of agents)
        await join(scene.services, owner, { tenant, agentId }, { kind: 'GROUP', name: 'g' });
      await send(scene, 'f', { group: 'g', content: 'yes' });
      await refused(send(scene, 'f', { group: 'g', content: 'no' }));
      await send(scene, 'f', { group: 'g', content: 'yes' });
      for (const agent of agents) assert.deepEqual(await contentsFor(scene, agent), ['yes']);
    },
  },
];
