import * as z from 'zod';
import { AwsError } from '../contract.ts';
import type { FauxqsInternals, SqsQueue } from './fauxqs-internals.ts';

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const longestDelaySeconds = 900;
const mostEntries = 10;
const largestBatchBytes = 1_048_576;

/** The characters of XML 1.0, which are SQS's. @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const forbiddenCharacter = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const groupIdForm = /^[a-zA-Z0-9!-/:-@[-`{-~]{1,128}$/;
const entryIdForm = /^[\w-]{1,80}$/;

const Attribute = z.looseObject({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
const Message = z.looseObject({
  MessageBody: z.string().optional(),
  MessageAttributes: z.record(z.string(), Attribute).nullish(),
  DelaySeconds: z.number().nullish(),
  MessageGroupId: z.string().nullish(),
  MessageDeduplicationId: z.string().nullish(),
});
type Message = z.infer<typeof Message>;
const Batch = z.looseObject({ Entries: z.array(Message.extend({ Id: z.string() })).nullish() });

interface Sent extends Record<string, unknown> {
  readonly MessageId: string;
  readonly MD5OfMessageBody: string;
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

function toAttributes(
  message: Message,
): Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }> {
  return Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        DataType,
        ...(StringValue === undefined ? {} : { StringValue }),
        ...(BinaryValue === undefined ? {} : { BinaryValue }),
      },
    ]),
  );
}

function checkOptions(message: Message): void {
  const { DelaySeconds: delay, MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = message;
  if (typeof delay === 'number' && (!Number.isInteger(delay) || delay < 0 || delay > longestDelaySeconds)) {
    throw invalid(
      `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${longestDelaySeconds}.`,
    );
  }
  if (typeof groupId === 'string' && !groupIdForm.test(groupId)) {
    throw invalid(
      `Value ${groupId} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
  }
  if (typeof deduplicationId === 'string') {
    throw invalid(
      `Value ${deduplicationId} for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  }
}

function sendOne(internals: FauxqsInternals, queue: SqsQueue, message: Message): Sent {
  const body = message.MessageBody;
  if (body === undefined || body === '') {
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  }
  if (forbiddenCharacter.test(body)) {
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  }
  checkOptions(message);
  const attributes = toAttributes(message);
  const limit = Number(queue.attributes['MaximumMessageSize'] ?? largestBatchBytes);
  if (internals.measureMessage(body, attributes) > limit) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`);
  }
  const delaySeconds = message.DelaySeconds ?? Number(queue.attributes['DelaySeconds'] ?? 0);
  const sent = internals.createMessage({
    body,
    attributes,
    delaySeconds: delaySeconds > 0 ? delaySeconds : undefined,
    groupId: message.MessageGroupId ?? undefined,
  });
  queue.enqueue(sent);
  return {
    MessageId: sent.messageId,
    MD5OfMessageBody: sent.md5OfBody,
    ...(sent.md5OfMessageAttributes ? { MD5OfMessageAttributes: sent.md5OfMessageAttributes } : {}),
  };
}

function checkBatch(internals: FauxqsInternals, entries: readonly (Message & { Id: string })[]): void {
  if (entries.length === 0) {
    throw new AwsError('EmptyBatchRequest', "The batch request doesn't contain any entries.");
  }
  if (entries.length > mostEntries) {
    throw new AwsError('TooManyEntriesInBatchRequest', `Maximum number of entries per request are ${mostEntries}.`);
  }
  if (entries.some((entry) => !entryIdForm.test(entry.Id))) {
    throw new AwsError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
    throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  }
  const bytes = entries.map((entry) => internals.measureMessage(entry.MessageBody ?? '', toAttributes(entry)));
  if (bytes.reduce((sum, one) => sum + one, 0) > largestBatchBytes) {
    throw new AwsError('BatchRequestTooLong', `Batch requests cannot be longer than ${largestBatchBytes} bytes.`);
  }
}

/** SendMessage on a standard queue. @throws {@link AwsError} */
export function sendMessage(internals: FauxqsInternals, queue: SqsQueue, input: unknown): Record<string, unknown> {
  return sendOne(internals, queue, Message.parse(input));
}

/** SendMessageBatch on a standard queue: entries fail one by one. @throws {@link AwsError} when the batch itself is wrong */
export function sendMessageBatch(internals: FauxqsInternals, queue: SqsQueue, input: unknown): Record<string, unknown> {
  const entries = Batch.parse(input).Entries ?? [];
  checkBatch(internals, entries);
  const successful: Record<string, unknown>[] = [];
  const failed: Record<string, unknown>[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...sendOne(internals, queue, entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: entry.Id, SenderFault: true, Code: error.code, Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}
