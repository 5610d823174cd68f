import { describe, expect, it } from 'vitest';
import { corsHeaders } from '#local/front-door/s3-cors.ts';

const rule = {
  allowedOrigins: ['https://*.example.com'],
  allowedMethods: ['GET', 'PUT'],
  allowedHeaders: ['Content-*', 'x-own'],
  exposedHeaders: ['ETag'],
  maxAgeSeconds: 60,
};
const origin = 'https://console.example.com';
const preflight = (method: string, headers = ''): Record<string, string> => ({
  origin,
  'access-control-request-method': method,
  'access-control-request-headers': headers,
});

describe('corsHeaders', () => {
  it('allows an origin, a method and headers that a rule names', () => {
    expect(corsHeaders([rule], 'OPTIONS', preflight('PUT', 'content-type, X-Own'))).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'content-type, x-own',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '60',
    });
  });

  it.each([
    ['another method', preflight('DELETE')],
    ['another header', preflight('PUT', 'authorization')],
    ['another origin', { ...preflight('PUT'), origin: 'https://example.org' }],
  ])('says nothing for %s', (_what, headers) => {
    expect(corsHeaders([rule], 'OPTIONS', headers)).toBeUndefined();
  });

  it('answers the request itself by its own method', () => {
    expect(corsHeaders([rule], 'GET', { origin })).toMatchObject({ 'access-control-allow-origin': origin });
    expect(corsHeaders([rule], 'DELETE', { origin })).toBeUndefined();
    expect(corsHeaders([rule], 'GET', {})).toBeUndefined();
  });

  it('answers any origin with a star, without credentials', () => {
    const headers = corsHeaders([{ ...rule, allowedOrigins: ['*'] }], 'GET', { origin });
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*' });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });
});
