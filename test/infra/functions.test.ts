import { describe, expect, it } from 'vitest';
import { routes } from '#core/contract/routes.ts';
import { type FunctionSpec, functionSpecs } from '#infra/config/functions.ts';

const specs: Readonly<Record<string, FunctionSpec>> = functionSpecs;
const families = [...new Set(routes.map(({ family }): string => family))];

describe('functions of HTTP routes', () => {
  it.each(families)('%s may count a request against its tenant’s rate', (family) => {
    expect(specs[`http/${family}`]?.access.table).toEqual(expect.arrayContaining(['GetItem', 'UpdateItem']));
  });

  it.each(families.filter((family) => family !== 'payloads'))('%s may keep the answers to its POSTs', (family) => {
    const hasPosts = routes.some((route) => route.family === family && route.key.startsWith('POST '));
    const puts = specs[`http/${family}`]?.access.table?.includes('PutItem') === true;
    expect(puts || !hasPosts).toBe(true);
  });
});
