import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '#core/contract/error-codes.ts';

const table = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, codes = '', status = '', retryable = ''] = /^\| (`[A-Z_`, ]+`) +\| (\d+) +\| (yes|no) /.exec(line) ?? [];
    return [...codes.matchAll(/[A-Z_]+/g)].map(([code]) => `${code} ${status} ${retryable}`);
  });

describe('the table of errors in the protocol', () => {
  it('has every code with its status, and no other', () => {
    const codes = Object.entries(errorCodes).map(
      ([code, { status, retryable }]) => `${code} ${status} ${retryable ? 'yes' : 'no'}`,
    );
    expect(new Set(table)).toEqual(new Set(codes));
  });
});
