import { describe, expect, it } from 'vitest';
import { readJson } from '#core/contract/json.ts';

describe('readJson', () => {
  it.each(['1e125', '-1e125', '1e-130', '0', '-0.5', '{"a":[1,{"b":2.5}]}'])('reads %s', (text) => {
    expect(readJson(text)).toEqual(JSON.parse(text));
  });

  it.each(['1e126', '-1e300', '1e400', '1e-131', '5e-324', '{"a":[1,{"b":1e200}]}', '[[[1e-200]]]'])(
    'refuses %s, which no item can hold',
    (text) => expect(readJson(text)).toBeUndefined(),
  );
});
