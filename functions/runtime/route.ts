import type * as z from 'zod';
import type { Operation, OperationInput } from '#core/contract/operation.ts';
import type { RouteFamily, routes } from '#core/contract/routes.ts';
import type { Traceparent } from '#core/contract/traceparent.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Services } from '#core/services.ts';
import type { HttpReply } from './http-reply.ts';
import { dotted, fieldErrorOf } from './parse-input.ts';

/** A request before its schema has seen it. */
export interface RawRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Who asks, and what makes a repeat the same request. */
export interface Caller {
  readonly principal: Principal;
  readonly idempotencyKey: string;
  /** Of a request that its caller has named: what only who has the same credential can say again. */
  readonly repeatSecret?: string | undefined;
  /** Where the caller has reached the API, without a slash at its end. */
  readonly origin: string;
  /** The version that the caller has seen, by `If-Match`; `*` counts as none. */
  readonly ifMatch?: string | undefined;
  /** The trace that the request belongs to. */
  readonly traceparent?: Traceparent | undefined;
}

export interface HttpRoute {
  /** Whether a repeat under one `Idempotency-Key` is answered from what was stored. */
  readonly isStored: boolean;
  run(services: Services, request: RawRequest, caller: Caller): Promise<HttpReply & { readonly status: number }>;
}

/** Every route of a family: none missing, none too many. */
export type FamilyRoutes<Family extends RouteFamily> = Readonly<
  Record<Extract<(typeof routes)[number], { family: Family }>['key'], HttpRoute>
>;

const kinds: Readonly<Record<string, string>> = {
  agentId: 'agent',
  taskId: 'task',
  runId: 'run',
  name: 'workflow',
  keyId: 'key',
  tenant: 'tenant',
  scope: 'state',
  conflictId: 'conflict',
};

/** A path id that could be none is answered exactly like one that names nothing. */
const refusal = (issues: readonly z.core.$ZodIssue[], request: RawRequest, of: string | undefined): Error => {
  const name = issues.find((issue) => issue.path[0] === 'params')?.path[1];
  if (name !== undefined && of !== undefined) return new NotFoundError(of, Object.values(request.params).join('/'));
  if (name !== undefined) return new NotFoundError(kinds[String(name)] ?? 'thing', request.params[String(name)] ?? '');
  // Fields of the body and the query are named as the caller wrote them.
  return fieldErrorOf(issues, request, (path) => dotted(path.length > 1 ? path.slice(1) : path));
};

/** A route: the operation of the contract, by which a request is parsed, and what is done with it. */
export const route = <Input extends OperationInput>(
  { input, of, reply, repeat = 'stored' }: Pick<Operation, 'of' | 'reply' | 'repeat'> & { readonly input: Input },
  handle: (services: Services, input: z.output<Input>, caller: Caller) => Promise<HttpReply>,
): HttpRoute => ({
  isStored: repeat === 'stored',
  run: async (services, request, caller) => {
    const parsed = input.safeParse(request);
    if (!parsed.success) throw refusal(parsed.error.issues, request, of);
    return { status: reply.status, ...(await handle(services, parsed.data, caller)) };
  },
});
