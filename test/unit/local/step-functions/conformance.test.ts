import { describe, expect, it } from 'vitest';
import { runDefinition } from '#local/step-functions/run-definition.ts';
import { topics } from './conformance/all-rows.ts';
import { definitionOf } from './conformance/row.ts';

interface TypedEvent {
  readonly type: string;
}

for (const { title, rows } of topics) {
  describe(`conformance: ${title}`, () => {
    it.each(rows.map((row) => [row.rule, row] as const))('%s', async (_rule, row) => {
      const input = JSON.stringify(row.input ?? {});
      const report = await runDefinition(JSON.stringify(definitionOf(row)), input, row.mocks);
      const { status, output, error, cause, history } = row.expect;
      expect({
        status: report.status,
        error: report.error,
        cause: report.status === status ? '' : report.cause,
      }).toEqual({
        status,
        error: error ?? (status === 'SUCCEEDED' ? undefined : report.error),
        cause: '',
      });
      if ('output' in row.expect) expect(report.output).toEqual(output);
      if (cause instanceof RegExp) expect(report.cause).toMatch(cause);
      else if (cause !== undefined) expect(report.cause).toBe(cause);
      if (history) expect((report.history as TypedEvent[]).map((event) => event.type)).toEqual(history);
    });
  });
}
