import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderTable } from './conformance/render-table.ts';

const path = join(import.meta.dirname, '../../../../local/step-functions/README.md');
const marker =
  '<!-- conformance table: UPDATE_README=1 npx vitest run --project fast test/unit/local/step-functions/readme.test.ts -->';

it('the README shows the conformance table that is tested', () => {
  const [head = ''] = readFileSync(path, 'utf8').split(marker);
  const whole = `${head}${marker}\n\n${renderTable()}\n`;
  if (process.env['UPDATE_README'] === '1') writeFileSync(path, whole);
  expect(readFileSync(path, 'utf8')).toBe(whole);
});
