import { describe, expect, it } from 'vitest';
import { openMetricsText } from '#core/system/open-metrics.ts';
import { readOpenMetrics } from '#test/support/read-open-metrics.ts';

describe('openMetricsText', () => {
  it('escapes whatever a caller has named', () => {
    const label = 'a "quoted" \\ path\nand a line';
    const text = openMetricsText([
      { name: 'x', type: 'gauge', help: 'One\nand "two".', samples: [{ labels: { label }, value: 0.5 }] },
    ]);
    expect(text.split('\n')).toHaveLength(5);
    expect(readOpenMetrics(text)).toEqual([
      { name: 'x', type: 'gauge', help: 'One\nand "two".', samples: [{ name: 'x', labels: { label }, value: 0.5 }] },
    ]);
  });

  it('ends in # EOF also when there is nothing to tell', () => {
    expect(openMetricsText([])).toBe('# EOF\n');
  });
});
