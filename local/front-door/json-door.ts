import { AwsError } from '../contract.ts';
import type { RawAnswer } from '../engine/engine-client.ts';
import type { Principal } from '../iam/authorizer.ts';
import { isObject, type JsonObject } from '../template/json.ts';
import { jsonError } from './backend.ts';
import type { Dispatcher } from './dispatcher.ts';

/** The service of an `X-Amz-Target` prefix. */
const services: Readonly<Record<string, string>> = {
  AmazonSQS: 'sqs',
  AmazonSSM: 'ssm',
  AWSEvents: 'events',
  AWSStepFunctions: 'states',
  DynamoDBStreams_20120810: 'dynamodb',
  DynamoDB_20120810: 'dynamodb',
  secretsmanager: 'secretsmanager',
};

/** Answers a request of the JSON protocols, which name their operation in `X-Amz-Target`. */
export async function answerJson(
  dispatcher: Dispatcher,
  target: string,
  body: Buffer,
  principal: Principal | undefined,
): Promise<RawAnswer> {
  const [prefix = '', action = ''] = target.split('.', 2);
  const service = services[prefix];
  try {
    if (service === undefined) throw new AwsError('UnknownOperationException', `${target} does not run locally`);
    if (principal === undefined) {
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
    }
    return await dispatcher.answer({ service, action, body, input: parseInput(body), principal });
  } catch (error) {
    return jsonError(error, service ?? prefix);
  }
}

/** A request's body as an operation's input. @throws AwsError `SerializationException` when it is not a JSON object */
export function parseInput(body: Buffer): JsonObject {
  try {
    const parsed: unknown = body.length === 0 ? {} : JSON.parse(body.toString());
    if (isObject(parsed)) return parsed;
  } catch {
    // Said below, in the protocol's words.
  }
  throw new AwsError('SerializationException', 'the body must be a JSON object');
}
