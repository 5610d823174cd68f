import { randomUUID } from 'node:crypto';

/** An event before the bus has given it an identity; `detailJson` is the text of a JSON object. */
export interface NewEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detailJson: string;
  readonly resources: readonly string[];
  readonly timeMs: number;
}

/** An event as a bus holds it: its identity and its JSON text, exactly as targets receive it. */
export interface BusEvent {
  readonly id: string;
  readonly json: string;
  readonly ingestedAtMs: number;
}

/** Takes the spaces out of JSON text and leaves every value as written, so that large numbers stay exact. */
function compactJson(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part.startsWith('"') ? part : ''));
}

/** EventBridge writes times with seconds only. */
export function formatEventTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Wraps what was published in EventBridge's envelope. */
export function createEvent(
  event: NewEvent,
  place: { readonly accountId: string; readonly region: string; readonly nowMs: number },
): BusEvent {
  const id = randomUUID();
  const envelope = JSON.stringify({
    version: '0',
    id,
    'detail-type': event.detailType,
    source: event.source,
    account: place.accountId,
    time: formatEventTime(event.timeMs),
    region: place.region,
    resources: event.resources,
  });
  return {
    id,
    json: `${envelope.slice(0, -1)},"detail":${compactJson(event.detailJson)}}`,
    ingestedAtMs: place.nowMs,
  };
}
