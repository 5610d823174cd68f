import { AwsError, type Meter } from '../contract.ts';
import type { JsonClient, RawAnswer } from '../engine/engine-client.ts';
import { isObject, type JsonObject } from '../template/json.ts';
import type { Backend } from './backend.ts';

const writes: ReadonlySet<string> = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
]);
const reads: ReadonlySet<string> = new Set(['GetItem', 'Query', 'Scan', 'BatchGetItem', 'TransactGetItems']);
const streamActions: ReadonlySet<string> = new Set(['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams']);
const refused: ReadonlySet<string> = new Set(['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction']);

/** A write unit is 1 KB, a transactional one counts twice. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html */
const writeUnitBytes = 1024;

/**
 * Tables behind the door. The engine is always asked what a request consumed, which is counted and, unless the client
 * asked too, taken out of the answer again. The body travels as bytes: nothing but that part of the answer is parsed.
 */
export function dynamodbBackend(client: JsonClient, meter: Meter): Backend {
  return {
    async answer(action, body, input) {
      if (refused.has(action)) throw new AwsError('ValidationException', `PartiQL (${action}) does not run locally`);
      if (streamActions.has(action)) return client.send(`DynamoDBStreams_20120810.${action}`, body);
      const isWrite = writes.has(action);
      if (!isWrite && !reads.has(action)) return client.send(`DynamoDB_20120810.${action}`, body);
      const isAsked = input.ReturnConsumedCapacity !== undefined && input.ReturnConsumedCapacity !== 'NONE';
      const answer = await client.send(`DynamoDB_20120810.${action}`, isAsked ? body : withCapacity(body, input));
      const unit = isWrite ? 'dynamodb.writeUnits' : 'dynamodb.readUnits';
      if (answer.statusCode >= 300) {
        countRefusal(answer, input, isWrite, meter);
        return answer;
      }
      const { units, body: stripped } = takeCapacity(answer.body);
      meter.count(unit, units);
      return isAsked ? answer : { ...answer, body: stripped };
    },
  };
}

function withCapacity(body: Buffer, input: JsonObject): Buffer {
  if (input.ReturnConsumedCapacity !== undefined) {
    return Buffer.from(JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' }));
  }
  const rest = body.subarray(body.indexOf('{') + 1);
  const isEmpty = Object.keys(input).length === 0;
  return Buffer.concat([Buffer.from(`{"ReturnConsumedCapacity":"TOTAL"${isEmpty ? '' : ','}`), rest]);
}

/** A write whose condition failed costs what the item there weighs, at least one unit. */
function countRefusal(answer: RawAnswer, input: JsonObject, isWrite: boolean, meter: Meter): void {
  if (!isWrite || (!answer.body.includes('#ConditionalCheckFailed') && !answer.body.includes('#TransactionCanceled')))
    return;
  const operations = Array.isArray(input.TransactItems) ? input.TransactItems.length * 2 : 1;
  meter.count('dynamodb.writeUnits', operations * Math.max(1, Math.ceil((answer.body.length - 200) / writeUnitBytes)));
}

const marker = Buffer.from('"ConsumedCapacity":');

/** Splits an answer into what it consumed and the rest. The engine writes this member near the end of the answer. */
export function takeCapacity(body: Buffer): { readonly units: number; readonly body: Buffer } {
  const at = body.lastIndexOf(marker);
  if (at < 0) return { units: 0, body };
  const tail = parseTail(body.subarray(at));
  if (tail === undefined) return { units: 0, body };
  const { ConsumedCapacity: consumed, ...rest } = tail;
  const units = [consumed].flat().reduce((sum: number, capacity) => sum + unitsOf(capacity), 0);
  return { units, body: joinRest(body.subarray(0, at), JSON.stringify(rest).slice(1)) };
}

function unitsOf(capacity: unknown): number {
  const units = isObject(capacity) ? capacity.CapacityUnits : undefined;
  return typeof units === 'number' ? units : 0;
}

/** `head` ends after `{` or `,`; `tail` is what follows, `}` alone when nothing does. */
function joinRest(head: Buffer, tail: string): Buffer {
  const endsWithComma = head.at(-1) === 0x2c;
  const kept = tail === '}' && endsWithComma ? head.subarray(0, -1) : head;
  return Buffer.concat([kept, Buffer.from(tail)]);
}

function parseTail(tail: Buffer): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(`{${tail.toString()}`);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
