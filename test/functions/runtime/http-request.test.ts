import { describe, expect, it } from 'vitest';
import { bodyOf, HttpEvent } from '#functions/runtime/http-request.ts';

const requestContext = { http: { method: 'GET' } };
const bare = { routeKey: 'GET /v1/agents', rawPath: '/v1/agents', requestContext };

describe('HttpEvent', () => {
  it('takes null for absent: not every gateway leaves out what a request has not', () => {
    const written = {
      ...bare,
      pathParameters: null,
      queryStringParameters: null,
      body: null,
      requestContext: { ...requestContext, authorizer: null },
    };
    const event = HttpEvent.parse(written);
    expect(bodyOf(event)).toBeUndefined();
    expect(event).toMatchObject(HttpEvent.parse(bare));
  });
});
