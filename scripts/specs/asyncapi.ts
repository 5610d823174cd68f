import type * as z from 'zod';
import { clientFrames } from '#core/contract/client-frames.ts';
import { Envelope, PlatformEnvelope } from '#core/contract/envelope.ts';
import { frameExamples } from '#core/contract/frame-examples.ts';
import { platformFrames } from '#core/contract/platform-frames.ts';
import { frameScopes } from '#core/contract/roles.ts';
import { type Part, SchemaBook } from './schema-book.ts';

const entriesOf = (record: object): readonly [string, unknown][] => Object.entries(record);

/** A message's name among the components: `task.submit` → `TaskSubmit`. */
const nameOf = (type: string): string =>
  type
    .split(/[.-]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

/** The payload is told by itself: the envelope is the same around each. */
const message = (type: string, payload: Part, envelope: string, more: Part): Part => ({
  name: type,
  title: type,
  contentType: 'application/json',
  payload: {
    allOf: [
      { $ref: `#/components/schemas/${envelope}` },
      { type: 'object', properties: { type: { const: type }, payload }, required: ['type', 'payload'] },
    ],
  },
  ...more,
});

const example = (type: string): Part => ({
  examples: [
    {
      name: type,
      payload: {
        v: 1,
        type,
        id: '01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90',
        seq: 7,
        ts: 1_795_000_000_000,
        payload: entriesOf(frameExamples).find(([name]) => name === type)?.[1],
      },
    },
  ],
});

const messageRefs = (types: readonly string[]): readonly Part[] =>
  types.map((type) => ({ $ref: `#/channels/socket/messages/${nameOf(type)}` }));

const messagesOf = (
  book: SchemaBook,
  frames: Readonly<Record<string, z.ZodType>>,
  finish: (type: string, payload: Part) => Part,
  io: 'input' | 'output',
): (() => readonly [string, Part][]) => {
  const added = Object.entries(frames).map(([type, schema]): [string, () => Part] => [type, book.add(schema, io)]);
  return () => added.map(([type, payload]) => [nameOf(type), finish(type, payload())]);
};

const key = [{ $ref: '#/components/securitySchemes/key' }];

const servers = {
  local: { host: '127.0.0.1:4577', protocol: 'ws', security: key },
  deployed: {
    host: '{apiId}.execute-api.{region}.amazonaws.com',
    protocol: 'wss',
    variables: { apiId: { default: 'api' }, region: { default: 'eu-west-1' } },
    security: key,
  },
};

const securitySchemes = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description: 'In the handshake: an API key, `mst_<tenant>_<keyId>_<secret>`.',
  },
};

/** The WebSocket API as AsyncAPI 3, from the schemas that parse frames. */
export const asyncapi = (version: string): Part => {
  const book = new SchemaBook();
  book.add(Envelope.meta({ id: 'Envelope' }), 'input');
  book.add(PlatformEnvelope.meta({ id: 'PlatformEnvelope' }), 'output');
  const scopes = new Map(entriesOf(frameScopes));
  const fromClients = messagesOf(
    book,
    clientFrames,
    (type, payload) => message(type, payload, 'Envelope', { 'x-scope': scopes.get(type), ...example(type) }),
    'input',
  );
  const fromPlatform = messagesOf(
    book,
    platformFrames,
    (type, payload) => message(type, payload, 'PlatformEnvelope', {}),
    'output',
  );
  const messages = Object.fromEntries([...fromClients(), ...fromPlatform()]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Muster',
      version,
      description: 'One WebSocket text frame carries one envelope in JSON. Everything over HTTP is in openapi.json.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers,
    channels: {
      socket: {
        address: '/ws',
        description: 'The one socket of an agent or a client.',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: {
      hearClients: {
        action: 'receive',
        title: 'From agents and clients',
        channel: { $ref: '#/channels/socket' },
        messages: messageRefs(Object.keys(clientFrames)),
      },
      tellClients: {
        action: 'send',
        title: 'To agents and clients',
        channel: { $ref: '#/channels/socket' },
        messages: messageRefs(Object.keys(platformFrames)),
      },
    },
    components: {
      messages,
      schemas: book.components(),
      securitySchemes,
    },
  };
};
