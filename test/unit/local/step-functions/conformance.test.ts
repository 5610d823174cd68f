import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type RunReport, runDefinition } from '#local/step-functions/run-definition.ts';
import { topics } from './conformance/all-rows.ts';
import { definitionOf, type Expectation } from './conformance/row.ts';

const Events = z.array(z.looseObject({ type: z.string() }));

/** The fields of a report that a row speaks of; a cause that matches the row's pattern is replaced by the pattern. */
function spokenOf(report: RunReport, expected: Expectation): Record<string, unknown> {
  const { status, output, error, cause } = report;
  const isMatch = expected.cause instanceof RegExp && expected.cause.test(cause ?? '');
  const isUnexpected = status !== expected.status;
  return {
    status,
    ...('output' in expected ? { output } : {}),
    ...('error' in expected || isUnexpected ? { error } : {}),
    ...('cause' in expected || isUnexpected ? { cause: isMatch ? expected.cause : cause } : {}),
    ...('history' in expected ? { history: Events.parse(report.history).map(({ type }) => type) } : {}),
  };
}

for (const { title, rows } of topics) {
  describe(`conformance: ${title}`, () => {
    it.each(rows.map((row) => [row.rule, row] as const))('%s', async (_rule, row) => {
      const input = JSON.stringify(row.input ?? {});
      const report = await runDefinition(JSON.stringify(definitionOf(row)), input, row.mocks);
      expect(spokenOf(report, row.expect)).toEqual(row.expect);
    });
  });
}
