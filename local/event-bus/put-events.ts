import * as z from 'zod';
import { AwsError } from '../contract.ts';
import type { NewEvent } from './event.ts';

const maximumEntries = 10;
/** All entries of a request together. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const maximumRequestBytes = 1_048_576;
/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const maximumNesting = 1100;

const Entry = z.looseObject({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  EventBusName: z.string().min(1).optional(),
  Resources: z.array(z.string()).optional(),
  Time: z.union([z.number(), z.string(), z.date()]).optional(),
});
type Entry = z.infer<typeof Entry>;

const PutEventsInput = z.looseObject({ Entries: z.array(Entry) });

/** What became of one entry before it reached a bus. */
export type CheckedEntry =
  | { readonly status: 'accepted'; readonly busName: string; readonly event: NewEvent }
  | { readonly status: 'refused'; readonly errorCode: string; readonly errorMessage: string };

function refuse(errorCode: string, errorMessage: string): CheckedEntry {
  return { status: 'refused', errorCode, errorMessage };
}

/** The size by AWS's formula. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
function entryBytes(entry: Entry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
  const textBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
  return textBytes + (entry.Time === undefined ? 0 : 14);
}

function nestingOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const part of json.match(/"(?:[^"\\]|\\.)*"|[{}[\]]/g) ?? []) {
    if (part === '{' || part === '[') depth += 1;
    if (part === '}' || part === ']') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function isJsonObject(json: string): boolean {
  if (nestingOf(json) > maximumNesting) return false;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Numbers are epoch seconds, as the AWS JSON protocol writes timestamps. */
function readTime(time: Entry['Time'], nowMs: number): number | undefined {
  if (time === undefined) return nowMs;
  const epochMs = typeof time === 'number' ? time * 1000 : new Date(time).getTime();
  return Number.isFinite(epochMs) ? epochMs : undefined;
}

function checkEntry(entry: Entry, nowMs: number): CheckedEntry {
  for (const field of ['Source', 'DetailType', 'Detail'] as const) {
    if (entry[field] === undefined || entry[field] === '') {
      const reason = `Parameter ${field} is not valid. Reason: ${field} is a required argument.`;
      return refuse('InvalidArgument', reason);
    }
  }
  const { Source: source = '', DetailType: detailType = '', Detail: detailJson = '' } = entry;
  if (source.startsWith('aws.')) return refuse('NotAuthorizedForSourceException', 'Not authorized for the source.');
  if (!isJsonObject(detailJson)) return refuse('MalformedDetail', 'Detail is malformed.');
  const timeMs = readTime(entry.Time, nowMs);
  if (timeMs === undefined) return refuse('InvalidArgument', 'Parameter Time is not valid.');
  const event: NewEvent = { source, detailType, detailJson, resources: entry.Resources ?? [], timeMs };
  return { status: 'accepted', busName: entry.EventBusName ?? 'default', event };
}

/**
 * Checks a PutEvents request: faults of the request as a whole are thrown, faults of an entry are in its result.
 * @throws AwsError `ValidationException` for no or more than ten entries, or more than 1 MB in all
 */
export function checkPutEvents(input: Record<string, unknown>, nowMs: number): readonly CheckedEntry[] {
  const parsed = PutEventsInput.safeParse(input);
  if (!parsed.success) throw new AwsError('ValidationException', z.prettifyError(parsed.error));
  const entries = parsed.data.Entries;
  const fault = "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length";
  if (entries.length === 0) throw new AwsError('ValidationException', `${fault} greater than or equal to 1`);
  if (entries.length > maximumEntries) {
    throw new AwsError('ValidationException', `${fault} less than or equal to ${maximumEntries}`);
  }
  if (entries.reduce((sum, entry) => sum + entryBytes(entry), 0) > maximumRequestBytes) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  return entries.map((entry) => checkEntry(entry, nowMs));
}
