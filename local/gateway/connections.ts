import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { JsonService } from '../contract.ts';
import { AwsError } from '../contract.ts';
import { readBody } from '../read-body.ts';
import type { ConnectionRegistry, OpenConnection } from './connection-registry.ts';
import { decodeSegment } from './decode-segment.ts';
import type { GatewayContext } from './spec.ts';

/** What `GET @connections/{id}` answers, in the shape of the wire. */
export interface ConnectionInformation {
  readonly connectedAt: string;
  readonly lastActiveAt: string;
  readonly identity: { readonly sourceIp: string; readonly userAgent?: string };
}

/**
 * The `@connections` management API. Everything throws {@link AwsError} `GoneException` (410) for a connection that is
 * not open, also for one whose `$connect` is still running.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 */
export interface ConnectionsApi extends JsonService {
  /** @throws {@link AwsError} `PayloadTooLargeException` (413) above 128 KB, `LimitExceededException` (429) when throttled. */
  postToConnection(connectionId: string, data: string | Uint8Array): Promise<void>;
  getConnection(connectionId: string): Promise<ConnectionInformation>;
  deleteConnection(connectionId: string): Promise<void>;
  /**
   * Serves POST, GET and DELETE on `/{stage}/@connections/{id}` and `/@connections/{id}`; false for any other path.
   * The caller has checked that the request may do this.
   */
  handleHttp(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

const ConnectionInput = z.looseObject({ ConnectionId: z.string().min(1) });
const PostInput = z.looseObject({
  ConnectionId: z.string().min(1),
  Data: z.union([z.string(), z.instanceof(Uint8Array)]),
});

const gone = (): AwsError =>
  new AwsError('GoneException', 'The connection with the provided id no longer exists.', 410);

function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AwsError('BadRequestException', z.prettifyError(parsed.error), 400);
}

function connectionIdIn(url: string | undefined): string | undefined {
  const path = (url ?? '').split('?')[0] ?? '';
  const id = /^(?:\/[^/]+)?\/(?:@|%40)connections\/([^/]+)$/i.exec(path)?.[1];
  return id === undefined ? undefined : decodeSegment(id);
}

function writeJson(response: ServerResponse, statusCode: number, body: unknown): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(statusCode, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function writeError(response: ServerResponse, error: unknown): void {
  const awsError =
    error instanceof AwsError ? error : new AwsError('InternalServerException', 'Internal server error', 500);
  response.setHeader('x-amzn-errortype', awsError.code);
  writeJson(response, awsError.statusCode, { message: awsError.message });
}

function createOperations(context: GatewayContext, registry: ConnectionRegistry) {
  const find = (connectionId: string): OpenConnection => {
    const connection = registry.get(connectionId);
    if (connection === undefined) throw gone();
    return connection;
  };
  return {
    async postToConnection(connectionId: string, data: string | Uint8Array): Promise<void> {
      const bytes = Buffer.from(data);
      if (bytes.length > context.limits.messageBytes) {
        throw new AwsError('PayloadTooLargeException', `Message of ${bytes.length} bytes exceeds the limit.`, 413);
      }
      const refusal = context.chaos?.refusePush();
      if (refusal === 'gone') throw gone();
      if (refusal === 'limit') throw new AwsError('LimitExceededException', 'Rate exceeded.', 429);
      if (!(await find(connectionId).send(bytes.toString('utf8')))) throw gone();
    },
    async getConnection(connectionId: string): Promise<ConnectionInformation> {
      const { connectedAt, lastActiveAt, identity } = find(connectionId);
      const { sourceIp, userAgent } = identity;
      return {
        connectedAt: new Date(connectedAt).toISOString(),
        lastActiveAt: new Date(lastActiveAt()).toISOString(),
        identity: { sourceIp, ...(userAgent !== undefined && { userAgent }) },
      };
    },
    async deleteConnection(connectionId: string): Promise<void> {
      find(connectionId).close(1000, 'Connection Closed Normally');
    },
  };
}

/** The management API over the open connections. */
export function createConnectionsApi(context: GatewayContext, registry: ConnectionRegistry): ConnectionsApi {
  const operations = createOperations(context, registry);

  const serve = async (connectionId: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    switch (request.method) {
      case 'POST': {
        const data = await readBody(request, context.limits.messageBytes);
        if (data === undefined) throw new AwsError('PayloadTooLargeException', 'Message exceeds the limit.', 413);
        await operations.postToConnection(connectionId, data);
        return writeJson(response, 200, undefined);
      }
      case 'GET':
        return writeJson(response, 200, await operations.getConnection(connectionId));
      case 'DELETE':
        await operations.deleteConnection(connectionId);
        response.writeHead(204).end();
        return undefined;
      default:
        throw new AwsError('ForbiddenException', 'Forbidden', 403);
    }
  };

  return {
    ...operations,
    async handle(operation, input) {
      switch (operation) {
        case 'PostToConnection': {
          const { ConnectionId, Data } = parseInput(PostInput, input);
          await operations.postToConnection(ConnectionId, Data);
          return {};
        }
        case 'GetConnection': {
          const { connectedAt, lastActiveAt, identity } = await operations.getConnection(
            parseInput(ConnectionInput, input).ConnectionId,
          );
          const { sourceIp, userAgent } = identity;
          const Identity = { SourceIp: sourceIp, ...(userAgent !== undefined && { UserAgent: userAgent }) };
          return { ConnectedAt: connectedAt, LastActiveAt: lastActiveAt, Identity };
        }
        case 'DeleteConnection':
          await operations.deleteConnection(parseInput(ConnectionInput, input).ConnectionId);
          return {};
        default:
          throw new AwsError('UnknownOperationException', `Unknown operation ${operation}.`, 404);
      }
    },
    async handleHttp(request, response) {
      const connectionId = connectionIdIn(request.url);
      if (connectionId === undefined) return false;
      try {
        await serve(connectionId, request, response);
      } catch (error) {
        writeError(response, error);
      }
      return true;
    },
  };
}
