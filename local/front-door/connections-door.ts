import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../contract.ts';
import type { Authorizer, Principal } from '../iam/authorizer.ts';

/** Serves the operations on open sockets once they are allowed: `/{stage}/@connections/{id}`. */
export interface ConnectionsHandler {
  handleHttp(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

/** Where the management of an API's sockets is reached: `<front door><this>/<apiId>/<stage>/@connections/{id}`. */
export const connectionsPrefix = '/_connections';

const path = /^\/_connections\/([^/]+)\/([^/]+)(\/(?:@|%40)connections\/[^/?]+)/i;

/** Answers a `@connections` request; false when the url is not one. */
export async function answerConnections(
  options: {
    readonly handler: ConnectionsHandler;
    readonly authorizer: Authorizer;
    readonly region: string;
    readonly accountId: string;
  },
  request: IncomingMessage,
  response: ServerResponse,
  principal: Principal | undefined,
): Promise<boolean> {
  const [, apiId, stage, rest] = path.exec(request.url ?? '') ?? [];
  if (apiId === undefined || stage === undefined || rest === undefined) return false;
  const { handler, authorizer, region, accountId } = options;
  try {
    if (principal === undefined)
      throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
    const resource = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/${request.method}${decodeURIComponent(rest)}`;
    authorizer.check(principal, { action: 'execute-api:ManageConnections', resource });
  } catch (error) {
    request.resume();
    const { code, message } = error instanceof AwsError ? error : new AwsError('ForbiddenException', String(error));
    response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': code });
    response.end(JSON.stringify({ message }));
    return true;
  }
  request.url = `/${stage}${rest}`;
  if (!(await handler.handleHttp(request, response))) response.writeHead(404).end();
  return true;
}
