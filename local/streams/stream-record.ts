import { createHash } from 'node:crypto';
import * as z from 'zod';

const Image = z.record(z.string(), z.unknown());

/** A record as GetRecords answers it. */
export const SourceRecord = z.looseObject({
  eventName: z.string(),
  eventVersion: z.string().optional(),
  userIdentity: z.unknown().optional(),
  dynamodb: z.looseObject({
    ApproximateCreationDateTime: z.number(),
    Keys: Image,
    NewImage: Image.optional(),
    OldImage: Image.optional(),
    SequenceNumber: z.string(),
    SizeBytes: z.number().optional(),
    StreamViewType: z.string(),
  }),
});
export type SourceRecord = z.infer<typeof SourceRecord>;

export const RecordsPage = z.looseObject({
  Records: z.array(SourceRecord).nullish(),
  NextShardIterator: z.string().nullish(),
});
export type RecordsPage = z.infer<typeof RecordsPage>;

/** A record of Lambda's DynamoDB event. @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: string;
  readonly eventVersion: string;
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly dynamodb: SourceRecord['dynamodb'];
  readonly userIdentity?: unknown;
  readonly eventSourceARN: string;
}

/** The stream that records are of, as they name it. */
export interface StreamName {
  readonly arn: string;
  readonly region: string;
  /** Half of its records' ids: other streams have another. */
  readonly idPrefix: string;
}

/** What the records of a stream say of it. */
export function streamNameOf(arn: string): StreamName {
  const idPrefix = createHash('md5').update(arn).digest('hex').slice(0, 16);
  return { arn, region: arn.split(':')[3] ?? 'us-east-1', idPrefix };
}

/** The record that a function receives. The event id is unique across streams and the same at each delivery. */
export function toStreamRecord(record: SourceRecord, stream: StreamName): StreamRecord {
  const { ApproximateCreationDateTime, Keys, NewImage, OldImage, SequenceNumber, SizeBytes, StreamViewType } =
    record.dynamodb;
  return {
    eventID: `${stream.idPrefix}${BigInt(SequenceNumber).toString(16).padStart(16, '0')}`,
    eventName: record.eventName,
    eventVersion: record.eventVersion ?? '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: stream.region,
    dynamodb: {
      ApproximateCreationDateTime,
      Keys,
      ...(NewImage === undefined ? {} : { NewImage }),
      ...(OldImage === undefined ? {} : { OldImage }),
      SequenceNumber,
      ...(SizeBytes === undefined ? {} : { SizeBytes }),
      StreamViewType,
    },
    ...(record.userIdentity ? { userIdentity: record.userIdentity } : {}),
    eventSourceARN: stream.arn,
  };
}
