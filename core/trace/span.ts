import { sha256Hex } from '../common/hash-id.ts';
import type { Traceparent } from '../contract/traceparent.ts';
import type { Services } from '../services.ts';

/** A stretch of time in a trace. */
export interface Span {
  readonly name: string;
  /** The span under which it lies. */
  readonly parent: Traceparent;
  /** What it is about: the same words name the same span, so that whoever comes later finds it without it being kept. */
  readonly of: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

const sampledFlag = 1;

/** The same trace under a span of its own. */
export const childOf = (parent: Traceparent, ...of: readonly string[]): Traceparent => {
  const [version = '', traceId = '', , flags = ''] = parent.split('-');
  return [version, traceId, sha256Hex(of.join('|')).slice(0, 16), flags].join('-');
};

/** Whether whoever began the trace wants to see it. */
const isSampled = (parent: Traceparent): boolean =>
  (Number.parseInt(parent.slice(-2), 16) & sampledFlag) === sampledFlag;

/** Writes a span as a log line, once it is over; nothing for a trace that nobody records. */
export const logSpan = (services: Pick<Services, 'log'>, span: Span): void => {
  if (!isSampled(span.parent)) return;
  const traceparent = childOf(span.parent, ...span.of);
  const [, traceId, spanId] = traceparent.split('-');
  const [, , parentSpanId] = span.parent.split('-');
  services.log.info(span.name, {
    traceparent,
    traceId,
    spanId,
    parentSpanId,
    startedAt: span.startedAt,
    durationMs: Math.max(0, span.endedAt - span.startedAt),
    ...span.attributes,
  });
};
