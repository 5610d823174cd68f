import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ClientFrameType, clientFrames } from '#core/contract/client-frames.ts';
import { frameExamples } from '#core/contract/frame-examples.ts';
import type { Operation } from '#core/contract/operation.ts';
import { operations } from '#core/contract/operations/operations.ts';
import { Role } from '#core/contract/roles.ts';
import { routes } from '#core/contract/routes.ts';
import { familyHandlers } from './family-handlers.ts';
import { callRoute, createWorld, frameText, type HttpRequest, openSocket, principal } from './harness.ts';

/** `role  route or frame  answer`, written by hand: a line for every role and every route and frame, and no other. */
const lines = readFileSync('test/functions/permissions.txt', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.trim().replaceAll(/\s+/g, ' '));

const unknownId = '01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';
const ids: Readonly<Record<string, string>> = {
  agentId: `agt_${unknownId}`,
  taskId: `tsk_${unknownId}`,
  runId: `run_${unknownId}`,
  conflictId: `cfl_${unknownId}`,
  attempt: '1',
  version: '1',
};

/** The request that the description shows, for ids that name nothing. */
const requestOf = (key: string, { example = {} }: Operation): HttpRequest => {
  const names = [...key.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return {
    params: { ...Object.fromEntries(names.map((name) => [name, ids[name] ?? unknownId])), ...example.params },
    ...(example.query === undefined ? {} : { query: example.query }),
    ...(example.body === undefined ? {} : { body: example.body }),
  };
};

const askRoute = async (role: Role, key: (typeof routes)[number]['key']): Promise<string> => {
  const { family } = routes.find((route) => route.key === key) ?? {};
  if (family === undefined) throw new Error(`no route ${key}`);
  const handler = familyHandlers[family](createWorld().services);
  const { status } = await callRoute(handler, key, { ...requestOf(key, operations[key]), who: principal(role) });
  return String(status);
};

const sayFrame = async (role: Role, type: ClientFrameType): Promise<string> => {
  const socket = await openSocket(createWorld(), principal(role));
  const frames = await socket.send(frameText(type, frameExamples[type], { ack: true }));
  const refusal = frames.find((frame) => frame.type === 'error');
  return refusal === undefined ? 'ack' : String(refusal.payload['code']);
};

const isFrame = (type: string): type is ClientFrameType => Object.hasOwn(clientFrames, type);
const frameTypes = Object.keys(clientFrames).filter(isFrame);

describe('permissions', () => {
  it('have a line for every role and every route and frame, and no other', () => {
    const expected = Role.options.flatMap((role) =>
      [...routes.map(({ key }): string => key), ...frameTypes].map((what) => `${role} ${what}`),
    );
    const said = lines.map((line) => line.replace(/ \S+$/, ''));
    expect(said.toSorted()).toEqual(expected.toSorted());
    process.stdout.write(
      `permissions: ${said.length} lines = ${Role.options.length} roles × ${routes.length + frameTypes.length}\n`,
    );
  });

  it.each(Role.options)('are what the file says for a %s', async (role) => {
    const answers = [
      ...(await Promise.all(routes.map(async ({ key }) => `${role} ${key} ${await askRoute(role, key)}`))),
      ...(await Promise.all(frameTypes.map(async (type) => `${role} ${type} ${await sayFrame(role, type)}`))),
    ];
    expect(answers.toSorted()).toEqual(lines.filter((line) => line.startsWith(`${role} `)).toSorted());
  });
});
