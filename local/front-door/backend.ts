import { AwsError, type JsonService } from '../contract.ts';
import type { RawAnswer } from '../engine/engine-client.ts';
import type { JsonObject } from '../template/json.ts';

/** A service behind the door: the request has been allowed; `input` is `body` parsed. */
export interface Backend {
  answer(action: string, body: Buffer, input: JsonObject): Promise<RawAnswer>;
}

/** An answer in the JSON protocol. */
export function jsonAnswer(value: unknown, statusCode = 200): RawAnswer {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** Services that speak REST, where a refused permission is 403. */
const restServices: ReadonlySet<string> = new Set(['lambda', 'scheduler']);

/** An error in the JSON protocol. AWS answers a refused permission with 400 in this protocol, except for SQS. */
export function jsonError(error: unknown, service: string): RawAnswer {
  const { code, message, statusCode } = toAwsError(error);
  const isDenied = code === 'AccessDeniedException';
  if (service === 'sqs') {
    const name = isDenied ? 'AccessDenied' : code;
    const fault = statusCode >= 500 ? 'Receiver' : 'Sender';
    const answer = jsonAnswer({ __type: `com.amazonaws.sqs#${name}`, message }, statusCode);
    return { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': `${name};${fault}` } };
  }
  const answer = jsonAnswer(
    { __type: `com.amazonaws.${service}#${code}`, message, Message: message },
    isDenied && !restServices.has(service) ? 400 : statusCode,
  );
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code } };
}

/** Any thrown value as the error an AWS service would answer. */
export function toAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  return new AwsError('InternalServerError', error instanceof Error ? error.message : String(error), 500);
}

/** A service of this platform behind the door. `onCall` sees each operation, for metering. */
export function serviceBackend(
  service: JsonService,
  onCall: (action: string, bytes: number) => void = () => {},
): Backend {
  return {
    async answer(action, body, input) {
      onCall(action, body.length);
      return jsonAnswer(await service.handle(action, input));
    },
  };
}
