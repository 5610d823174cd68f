import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createWorld, openSocket, principal, type ReceivedFrame } from '../harness.ts';

const protocol = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

interface Turn {
  readonly sent: string;
  readonly answers: unknown[];
}

/** What the document shows one connection to say and hear, in its order. */
const turns = [...protocol.matchAll(/^([<>]) (\{"v":1,.*\})$/gm)].reduce<Turn[]>((found, [, direction, text = '']) => {
  if (direction === '>') found.push({ sent: text, answers: [] });
  else found.at(-1)?.answers.push(said(JSON.parse(text)));
  return found;
}, []);

/** All but what differs each time: ids and times that the platform makes. */
function said({ type, correlationId, payload }: ReceivedFrame): unknown {
  return { type, correlationId, payload };
}

describe('the frames that the protocol shows', () => {
  it('are what is answered', async () => {
    const world = createWorld();
    const socket = await openSocket(world, principal('admin', 'default', 'key:bootstrap'));
    expect(turns.length).toBeGreaterThan(5);
    const heard: Turn[] = [];
    for (const { sent } of turns) heard.push({ sent, answers: (await socket.send(sent)).map((frame) => said(frame)) });
    expect(heard).toEqual(turns);
  });
});
