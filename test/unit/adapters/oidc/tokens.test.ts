import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOidcTokens, noTokens } from '#adapters/oidc/tokens.ts';

const trusted = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

let server: Server;
let issuer: string;
let isUp = true;
let reads = 0;

beforeAll(async () => {
  server = createServer((_request, response) => {
    reads += 1;
    if (!isUp) return void response.writeHead(500).end();
    const keys = [
      { ...trusted.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256', use: 'sig' },
      { ...curve.publicKey.export({ format: 'jwk' }), kid: 'ec', alg: 'ES256', use: 'sig' },
    ];
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  issuer = `http://127.0.0.1:${isAddress(address) ? address.port : 0}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const isAddress = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const claims = (more: Record<string, unknown> = {}) => ({
  iss: issuer,
  aud: 'muster',
  sub: 'ada',
  iat: nowSeconds(),
  exp: nowSeconds() + 600,
  tenant: 'acme',
  role: 'operator',
  ...more,
});

interface Signing {
  readonly key?: KeyObject;
  readonly header?: Record<string, unknown>;
}

const token = (body: unknown, { key = trusted.privateKey, header = {} }: Signing = {}): string => {
  const signed = `${encode({ alg: 'RS256', kid: 'rsa', typ: 'JWT', ...header })}.${encode(body)}`;
  const dsaEncoding = 'ieee-p1363';
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding }).toString('base64url')}`;
};

const tokens = () => createOidcTokens({ issuer, audience: 'muster', tenantClaim: 'tenant', roleClaim: 'role' });

const withHmac = (body: unknown): string => {
  const signed = `${encode({ alg: 'HS256', kid: 'rsa' })}.${encode(body)}`;
  const secret = trusted.publicKey.export({ format: 'pem', type: 'spki' });
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};

describe('createOidcTokens', () => {
  it('tells whom a token of the issuer speaks for, reading its keys once', async () => {
    const verifier = tokens();
    reads = 0;
    const exp = nowSeconds() + 60;
    expect(await verifier.verify(token(claims({ exp })))).toEqual({
      tenant: 'acme',
      subject: 'ada',
      role: 'operator',
      endsAt: exp * 1000,
    });
    const elliptic = token(claims(), { key: curve.privateKey, header: { alg: 'ES256', kid: 'ec' } });
    expect(await verifier.verify(elliptic)).toMatchObject({ role: 'operator' });
    expect(reads).toBe(1);
  });

  it('takes the mightiest known role of a list', async () => {
    const verifier = createOidcTokens({
      issuer,
      audience: 'muster',
      tenantClaim: 'custom:tenant',
      roleClaim: 'groups',
    });
    const of = (groups: unknown) => verifier.verify(token(claims({ 'custom:tenant': 'acme', groups })));
    expect(await of(['staff', 'viewer', 'operator'])).toMatchObject({ role: 'operator' });
    expect(await of(['staff'])).toBeUndefined();
    expect(await of({ admin: true })).toBeUndefined();
  });

  it.each<[string, () => string]>([
    ['no token', () => 'mst'],
    ['nothing that is JSON', () => 'a.b.c'],
    ['an expired one', () => token(claims({ exp: nowSeconds() - 10 }))],
    ['one that is not good yet', () => token(claims({ nbf: nowSeconds() + 600 }))],
    ['one without an end', () => token(claims({ exp: undefined }))],
    ['another audience', () => token(claims({ aud: 'elsewhere' }))],
    ['another issuer', () => token(claims({ iss: 'https://elsewhere.example' }))],
    ['another key under the same name', () => token(claims(), { key: stranger.privateKey })],
    ['a key that the issuer does not have', () => token(claims(), { header: { kid: 'other' } })],
    ['no signature', () => `${encode({ alg: 'none', kid: 'rsa' })}.${encode(claims())}.`],
    ['a signature with the public key as a secret', () => withHmac(claims())],
    [
      'a changed claim',
      () =>
        token(claims({ role: 'viewer' })).replace(
          encode(claims({ role: 'viewer' })),
          encode(claims({ role: 'admin' })),
        ),
    ],
    ['no tenant', () => token(claims({ tenant: undefined }))],
    ['an unknown role', () => token(claims({ role: 'king' }))],
    ['no subject', () => token(claims({ sub: undefined }))],
  ])('knows nobody by %s', async (_what, make) => {
    expect(await tokens().verify(make())).toBeUndefined();
  });

  it('says that it cannot tell when the issuer’s keys cannot be read, and never yes', async () => {
    isUp = false;
    await expect(tokens().verify(token(claims()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    isUp = true;
  });
});

describe('noTokens', () => {
  it('knows nobody', async () => expect(await noTokens.verify(token(claims()))).toBeUndefined());
});
