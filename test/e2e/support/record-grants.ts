import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { expect } from 'vitest';
import { recordOf } from './grant-records.ts';

// Before each test file: every platform that it or a process of its starts notes there what roles use, for `npm run grants`.
const { testPath } = expect.getState();
if (testPath === undefined) throw new Error('vitest does not say which file runs');
const record = recordOf(relative(process.cwd(), testPath));
mkdirSync(dirname(record), { recursive: true });
writeFileSync(record, '');
process.env['LOCAL_RECORD_GRANTS'] = record;
