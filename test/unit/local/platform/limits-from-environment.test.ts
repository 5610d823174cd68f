import { describe, expect, it } from 'vitest';
import { awsLimits } from '#local/gateway/spec.ts';
import { limitsFromEnvironment, mostEnvironmentsFrom } from '#local/platform/limits-from-environment.ts';

describe('limitsFromEnvironment', () => {
  it('scales idle time and greatest age of sockets, and nothing else', () => {
    expect(limitsFromEnvironment({ LOCAL_SOCKET_TIME_SCALE: '0.001' })).toEqual({
      idleMs: 600,
      connectionAgeMs: 7200,
    });
    expect(awsLimits).toMatchObject({ idleMs: 600_000, connectionAgeMs: 7_200_000 });
  });

  it.each([{}, { LOCAL_SOCKET_TIME_SCALE: '' }])('changes nothing without a scale: %j', (environment) => {
    expect(limitsFromEnvironment(environment)).toEqual({});
  });

  it.each(['0', '-1', 'fast', 'NaN'])('refuses the scale %s by the variable’s name', (scale) => {
    expect(() => limitsFromEnvironment({ LOCAL_SOCKET_TIME_SCALE: scale })).toThrow(/LOCAL_SOCKET_TIME_SCALE/);
  });
});

describe('mostEnvironmentsFrom', () => {
  it('reads a whole number above 0', () => {
    expect(mostEnvironmentsFrom({ LOCAL_ENVIRONMENTS: '3' })).toBe(3);
    expect(mostEnvironmentsFrom({})).toBeUndefined();
  });

  it.each(['0', '1.5', 'many'])('refuses %s by the variable’s name', (text) => {
    expect(() => mostEnvironmentsFrom({ LOCAL_ENVIRONMENTS: text })).toThrow(/LOCAL_ENVIRONMENTS/);
  });
});
