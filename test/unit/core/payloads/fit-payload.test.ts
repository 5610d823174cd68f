import { describe, expect, it } from 'vitest';
import type { Json } from '#core/contract/json.ts';
import { keys } from '#core/contract/keys.ts';
import { limits } from '#core/contract/limits.ts';
import { Quotas } from '#core/contract/tenant.ts';
import { fitPayload, openPayload, storePayload, withReadUrl } from '#core/payloads/fit-payload.ts';
import { prepareUpload } from '#core/payloads/prepare-upload.ts';
import { createWorld, tenant } from '../world.ts';

/** A text whose JSON has exactly so many bytes. */
const ofBytes = (bytes: number): string => 'x'.repeat(bytes - 2);
const sha256 = '0'.repeat(64);

describe('fitPayload', () => {
  it('keeps what fits and stores the rest, at the limit exactly (fault 23)', async () => {
    const { services, ports } = createWorld();
    const most = ofBytes(limits.inlinePayloadBytes);
    expect(await fitPayload(services, tenant, 'output', most)).toBe(most);
    const check = await fitPayload(services, tenant, 'output', `${most}x`);
    expect(check).toMatchObject({ $payload: { bytes: limits.inlinePayloadBytes + 1 } });
    expect(ports.payloads.stored.size).toBe(1);
    expect(await openPayload(services, tenant, check)).toBe(`${most}x`);
  });

  it('stores what an item could not hold at its depth', async () => {
    const { services } = createWorld();
    const nested = (levels: number): Json => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const most = nested(limits.inlineLevels);
    expect(await fitPayload(services, tenant, 'output', most)).toBe(most);
    const check = await fitPayload(services, tenant, 'output', [most]);
    expect(check).toMatchObject({ $payload: { bytes: 2 * limits.inlineLevels + 2 } });
    expect(await openPayload(services, tenant, check)).toEqual([most]);
  });

  it('refuses more than there may be, by name and with the limit', async () => {
    const { services, ports } = createWorld();
    await expect(fitPayload(services, tenant, 'output', ofBytes(limits.payloadBytes + 1))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      field: 'output',
      limit: limits.payloadBytes,
    });
    expect(ports.payloads.stored.size).toBe(0);
  });

  it('refuses more than the tenant’s quota, stored apart or not, and lets the platform put together more', async () => {
    const { services, ports } = createWorld();
    const quotas = Quotas.parse({ payloadBytes: 2000 });
    await services.table.put({ key: keys.tenant(tenant), item: { quotas, rev: 1 }, clauses: {} });
    expect(await fitPayload(services, tenant, 'output', ofBytes(2000))).toBe(ofBytes(2000));
    for (const bytes of [2001, limits.inlinePayloadBytes + 1])
      await expect(fitPayload(services, tenant, 'output', ofBytes(bytes))).rejects.toMatchObject({
        name: 'PayloadQuotaError',
        code: 'PAYLOAD_TOO_LARGE',
        retryable: false,
        field: 'output',
        limit: 2000,
      });
    await expect(prepareUpload(services, tenant, { bytes: 2001, sha256 })).rejects.toMatchObject({
      name: 'PayloadQuotaError',
    });
    expect(await prepareUpload(services, tenant, { bytes: 2000, sha256 })).toMatchObject({ ref: expect.any(String) });
    expect(ports.payloads.stored.size).toBe(0);
    expect(await storePayload(services, tenant, 'children', ofBytes(30_000))).toMatchObject({ $payload: {} });
  });

  it("refuses another tenant's claim check, and drops the address of its own", async () => {
    const { services } = createWorld();
    const check = (ref: string) => ({ $payload: { ref, bytes: 1, sha256, url: 'https://elsewhere.test/' } });
    for (const ref of ['rival/x', 'acmes/x'])
      await expect(fitPayload(services, tenant, 'input', check(ref))).rejects.toMatchObject({
        code: 'INVALID_FIELD',
        field: 'input.$payload.ref',
      });
    expect(await fitPayload(services, tenant, 'input', check('acme/x'))).toEqual({
      $payload: { ref: 'acme/x', bytes: 1, sha256 },
    });
  });
});

describe('withReadUrl', () => {
  it('adds an address to a claim check and leaves anything else', async () => {
    const { services } = createWorld();
    const check = { $payload: { ref: 'acme/x', bytes: 1, sha256 } };
    expect(await withReadUrl(services, tenant, check)).toMatchObject({
      $payload: { url: expect.stringMatching(/^https:/) },
    });
    for (const value of [null, 1, 'text', { a: check }])
      expect(await withReadUrl(services, tenant, value)).toEqual(value);
  });

  it("signs nothing of another tenant's, however it came to be there", async () => {
    const { services } = createWorld();
    const check = { $payload: { ref: 'rival/x', bytes: 1, sha256 } };
    expect(await withReadUrl(services, tenant, check)).toEqual(check);
    await expect(openPayload(services, tenant, check)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('openPayload', () => {
  it.each([
    ['no JSON', 'my secret {'],
    ['JSON that no stack could hold', '['.repeat(50_000) + ']'.repeat(50_000)],
  ])('refuses what was uploaded and is %s, without quoting it', async (_what, text) => {
    const { services, ports } = createWorld();
    await ports.payloads.put('acme/x', text);
    const opened = openPayload(services, tenant, { $payload: { ref: 'acme/x', bytes: 1, sha256 } });
    await expect(opened).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      retryable: false,
      message: 'The payload acme/x is not JSON.',
    });
  });
});

describe('prepareUpload', () => {
  it("gives a place of the tenant's own, new each time", async () => {
    const { services } = createWorld();
    const [one, two] = [
      await prepareUpload(services, tenant, { bytes: 5, sha256 }),
      await prepareUpload(services, tenant, { bytes: 5, sha256 }),
    ];
    expect(one.ref).toMatch(/^acme\//);
    expect(two.ref).not.toBe(one.ref);
    await expect(prepareUpload(services, tenant, { bytes: limits.payloadBytes + 1, sha256 })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
  });
});
