import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { grantRecorder } from '#local/platform/record-grants.ts';

const directory = mkdtempSync(join(tmpdir(), 'grants-'));
afterAll(() => rmSync(directory, { recursive: true }));
const grant = { role: 'worker', action: 'sqs:SendMessage', resource: 'arn:aws:sqs:::q' };

it('notes each grant once, in the file that several platforms share', () => {
  const file = join(directory, 'used.txt');
  const [one, other] = [1, 2].map(() => grantRecorder({ LOCAL_RECORD_GRANTS: file }));
  one?.(grant);
  one?.(grant);
  other?.({ ...grant, action: 'sqs:ReceiveMessage' });
  expect(readFileSync(file, 'utf8')).toBe(
    'worker sqs:SendMessage arn:aws:sqs:::q\nworker sqs:ReceiveMessage arn:aws:sqs:::q\n',
  );
});

it('notes nothing when nobody asks', () => {
  expect(grantRecorder({})).toBeUndefined();
});
