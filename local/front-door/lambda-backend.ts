import { AwsError, type Clock, type FunctionInvoker } from '../contract.ts';
import type { Backend } from './backend.ts';

/** The header in which Lambda says that a function failed. */
const functionErrorHeader = 'x-amz-function-error';

/** Lambda tries an asynchronous event twice more. @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const retryPausesMs = [60_000, 120_000] as const;

/** The functions behind the door: `Invoke`, synchronous (`RequestResponse`), asynchronous (`Event`) and `DryRun`. */
export function lambdaBackend(functions: FunctionInvoker, clock: Clock): Backend {
  return {
    async answer(action, _body, input) {
      if (action !== 'Invoke') throw new AwsError('UnknownOperationException', `lambda ${action} does not run locally`);
      const name = typeof input.FunctionName === 'string' ? input.FunctionName : '';
      if (input.InvocationType === 'DryRun') return { statusCode: 204, headers: {}, body: Buffer.alloc(0) };
      const event = parsePayload(input.Payload);
      if (input.InvocationType === 'Event') {
        void invokeLater({ functions, clock, name, event }, retryPausesMs);
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

/** Asynchronous invocation: nobody waits for the result, a failure is tried again. */
async function invokeLater(
  invocation: {
    readonly functions: FunctionInvoker;
    readonly clock: Clock;
    readonly name: string;
    readonly event: unknown;
  },
  pausesMs: readonly number[],
): Promise<void> {
  const { functions, clock, name, event } = invocation;
  const result = await functions.invoke(name, event).catch((error: unknown) => ({ functionError: error }));
  const [pauseMs, ...later] = pausesMs;
  if (result.functionError === undefined || pauseMs === undefined) return;
  clock.after(pauseMs, () => void invokeLater(invocation, later));
}
