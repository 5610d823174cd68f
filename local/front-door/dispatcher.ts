import { type AwsCall, AwsError } from '../contract.ts';
import type { RawAnswer } from '../engine/engine-client.ts';
import { parseError } from '../engine/engine-client.ts';
import type { Authorizer, Principal } from '../iam/authorizer.ts';
import { isObject, type JsonObject } from '../template/json.ts';
import { accessNeeds, type Directory } from './access-requests.ts';
import { type Backend, jsonError } from './backend.ts';

/** One operation somebody wants of a service. */
export interface Operation {
  readonly service: string;
  readonly action: string;
  readonly body: Buffer;
  readonly input: JsonObject;
  readonly principal: Principal;
}

/** Checks a caller's permission and hands the request on to the service. */
export class Dispatcher {
  readonly authorizer: Authorizer;
  readonly #directory: Directory;
  readonly #backends = new Map<string, Backend>();

  constructor(authorizer: Authorizer, directory: Directory) {
    this.authorizer = authorizer;
    this.#directory = directory;
  }

  /** Adds a service by the name it has in requests' credential scopes. */
  addBackend(service: string, backend: Backend): void {
    this.#backends.set(service, backend);
  }

  /** The service's answer, or the refusal in the protocol's form; never throws. */
  async answer(operation: Operation): Promise<RawAnswer> {
    try {
      this.#check(operation);
      const backend = this.#backends.get(operation.service);
      if (backend === undefined) {
        throw new AwsError('UnknownOperationException', `${operation.service} does not run in this stack`);
      }
      return await backend.answer(operation.action, operation.body, operation.input);
    } catch (error) {
      return jsonError(error, operation.service);
    }
  }

  /** Calls on behalf of roles from inside the platform: the state machines, the bus, the scheduler, the pollers. */
  readonly call: AwsCall = async ({ service, action, input, roleArn }) => {
    const body = Buffer.from(JSON.stringify(input));
    const principal = principalOf(roleArn);
    const answer = await this.answer({ service, action, body, input, principal });
    if (answer.statusCode >= 300) throw parseError(answer);
    return service === 'lambda' ? lambdaOutput(answer) : parseObject(answer.body);
  };

  #check({ service, action, input, principal }: Operation): void {
    if (principal.kind === 'developer') return;
    const { all, any } = accessNeeds(service, action, input, this.#directory);
    for (const request of all) this.authorizer.check(principal, request);
    if (any === undefined) return;
    const [first] = any;
    if (first === undefined)
      throw new AwsError('AccessDeniedException', `nothing in this stack takes ${service}:${action}`);
    const isAllowed = any.some((request) => this.authorizer.decide(principal, request) === 'allowed');
    if (!isAllowed) this.authorizer.check(principal, first);
  }
}

/** A role's arn, or `service:events.amazonaws.com` for a service that acts by a resource's own policy. */
function principalOf(roleArn: string): Principal {
  const prefix = 'service:';
  if (!roleArn.startsWith(prefix)) return { kind: 'role', arn: roleArn };
  const [name = '', sourceArn] = roleArn.slice(prefix.length).split('|');
  return { kind: 'service', name, ...(sourceArn !== undefined && { sourceArn }) };
}

function parseObject(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  const parsed: unknown = JSON.parse(body.toString());
  return isObject(parsed) ? parsed : {};
}

/** The shape of the SDK's `InvokeCommandOutput`, with the payload parsed. */
function lambdaOutput(answer: RawAnswer): Record<string, unknown> {
  const failure = answer.headers['x-amz-function-error'];
  return {
    StatusCode: answer.statusCode,
    ExecutedVersion: '$LATEST',
    ...(answer.body.length > 0 && { Payload: JSON.parse(answer.body.toString()) }),
    ...(failure !== undefined && { FunctionError: failure }),
  };
}
