import { describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { fitPayload, openPayload, withReadUrl } from '#core/payloads/fit-payload.ts';
import { prepareUpload } from '#core/payloads/prepare-upload.ts';
import { createWorld } from '../world.ts';

/** A text whose JSON has exactly so many bytes. */
const ofBytes = (bytes: number): string => 'x'.repeat(bytes - 2);
const sha256 = '0'.repeat(64);

describe('fitPayload', () => {
  it('keeps what fits and stores the rest, at the limit exactly (fault 23)', async () => {
    const { services, ports } = createWorld();
    const most = ofBytes(limits.inlinePayloadBytes);
    expect(await fitPayload(services, 'acme', 'output', most)).toBe(most);
    const check = await fitPayload(services, 'acme', 'output', `${most}x`);
    expect(check).toMatchObject({ $payload: { bytes: limits.inlinePayloadBytes + 1 } });
    expect(ports.payloads.stored.size).toBe(1);
    expect(await openPayload(services, check)).toBe(`${most}x`);
  });

  it('refuses more than there may be, by name and with the limit', async () => {
    const { services, ports } = createWorld();
    await expect(fitPayload(services, 'acme', 'output', ofBytes(limits.payloadBytes + 1))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      field: 'output',
      limit: limits.payloadBytes,
    });
    expect(ports.payloads.stored.size).toBe(0);
  });

  it("refuses another tenant's claim check, and drops the address of its own", async () => {
    const { services } = createWorld();
    const check = (ref: string) => ({ $payload: { ref, bytes: 1, sha256, url: 'https://elsewhere.test/' } });
    for (const ref of ['rival/x', 'acmes/x'])
      await expect(fitPayload(services, 'acme', 'input', check(ref))).rejects.toMatchObject({
        code: 'INVALID_FIELD',
        field: 'input.$payload.ref',
      });
    expect(await fitPayload(services, 'acme', 'input', check('acme/x'))).toEqual({
      $payload: { ref: 'acme/x', bytes: 1, sha256 },
    });
  });
});

describe('withReadUrl', () => {
  it('adds an address to a claim check and leaves anything else', async () => {
    const { services } = createWorld();
    const check = { $payload: { ref: 'acme/x', bytes: 1, sha256 } };
    expect(await withReadUrl(services, check)).toMatchObject({ $payload: { url: expect.stringMatching(/^https:/) } });
    for (const value of [null, 1, 'text', { a: check }]) expect(await withReadUrl(services, value)).toEqual(value);
  });
});

describe('prepareUpload', () => {
  it("gives a place of the tenant's own, new each time", async () => {
    const { services } = createWorld();
    const [one, two] = [
      await prepareUpload(services, 'acme', { bytes: 5, sha256 }),
      await prepareUpload(services, 'acme', { bytes: 5, sha256 }),
    ];
    expect(one.ref).toMatch(/^acme\//);
    expect(two.ref).not.toBe(one.ref);
    await expect(prepareUpload(services, 'acme', { bytes: limits.payloadBytes + 1, sha256 })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
  });
});
