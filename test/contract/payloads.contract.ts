import { describe, expect, it } from 'vitest';
import { NotFoundError } from '#core/errors/errors.ts';
import type { Payloads } from '#core/ports/payloads.ts';

/** What every payload store does. */
export const payloadsContract = (name: string, openPayloads: () => Payloads): void => {
  describe(`payloads (${name})`, () => {
    it.each(['', '{"text":"Grüße \u{1f600}"}', 'x'.repeat(300_000)])(
      'gives back the text that was put',
      async (text) => {
        const payloads = openPayloads();
        await payloads.put('acme/same/ref', text);
        expect(await payloads.get('acme/same/ref')).toBe(text);
      },
    );

    it('misses an unknown ref', async () => {
      await expect(openPayloads().get('acme/unknown')).rejects.toThrow(NotFoundError);
    });

    it('names the headers of an upload', async () => {
      const { url, headers } = await openPayloads().uploadUrl('acme/x', { bytes: 5, sha256: '00'.repeat(32) });
      expect(new URL(url).pathname).toContain('acme/x');
      expect(headers).toEqual({
        'x-amz-checksum-sha256': Buffer.alloc(32).toString('base64'),
        'content-length': '5',
      });
    });
  });
};
