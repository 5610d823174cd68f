import { AwsError, type FunctionInvoker } from '../contract.ts';
import type { AsyncInvocations } from '../functions/async-invocations.ts';
import type { Backend } from './backend.ts';

/** The header in which Lambda says that a function failed. */
const functionErrorHeader = 'x-amz-function-error';

/** The functions behind the door: `Invoke`, synchronous (`RequestResponse`), asynchronous (`Event`) and `DryRun`. */
export function lambdaBackend(functions: FunctionInvoker, queue: Pick<AsyncInvocations, 'accept'>): Backend {
  return {
    async answer(action, _body, input) {
      if (action !== 'Invoke') throw new AwsError('UnknownOperationException', `lambda ${action} does not run locally`);
      const name = typeof input.FunctionName === 'string' ? input.FunctionName : '';
      if (input.InvocationType === 'DryRun') return { statusCode: 204, headers: {}, body: Buffer.alloc(0) };
      const event = parsePayload(input.Payload);
      if (input.InvocationType === 'Event') {
        queue.accept(name, event);
        return { statusCode: 202, headers: {}, body: Buffer.alloc(0) };
      }
      const result = await functions.invoke(name, event);
      const headers = { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' };
      return {
        statusCode: 200,
        headers:
          result.functionError === undefined ? headers : { ...headers, [functionErrorHeader]: result.functionError },
        body: Buffer.from(JSON.stringify(result.payload ?? null)),
      };
    },
  };
}

/** Clients send JSON text; the platform's own parts send the value. */
function parsePayload(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload ?? {};
  if (payload === '') return {};
  try {
    return JSON.parse(payload);
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}
