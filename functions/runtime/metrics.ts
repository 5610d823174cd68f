import { type MetricName, metricNames as names } from '#core/contract/metrics.ts';

type Fields = Readonly<Record<string, unknown>>;
type Metrics = Readonly<Partial<Record<MetricName, number>>>;

const once = (name: MetricName) => (): Metrics => ({ [name]: 1 });
const numberIn = (fields: Fields, name: string): number => {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
};

/** What is counted of a log line, by its message. */
const metricsOf: Readonly<Record<string, (fields: Fields) => Metrics>> = {
  'late result kept aside': once(names.staleResults),
  'frame not delivered': once(names.undeliveredFrames),
  'answer not delivered': once(names.undeliveredFrames),
  'claim lost': once(names.lostClaims),
  'circuit breaker opened': once(names.breakersOpened),
  'request failed': once(names.handlerFailures),
  'frame failed': once(names.handlerFailures),
  'message failed': once(names.handlerFailures),
  'effects failed': once(names.handlerFailures),
  'invocation failed': once(names.handlerFailures),
  'execution timed out': once(names.executionsTimedOut),
  swept: (fields) => ({
    [names.sweepRepairs]: numberIn(fields, 'repairs'),
    [names.sweepFailures]: numberIn(fields, 'failures'),
    [names.liveAgents]: numberIn(fields, 'agents'),
  }),
  'run ended': (fields) => ({
    [names.runsEnded]: 1,
    [names.runsFailed]: fields['status'] === 'FAILED' || fields['status'] === 'TIMED_OUT' ? 1 : 0,
  }),
};

/**
 * The fields that make a log line a set of metrics too, in CloudWatch's embedded format: no call to a service, no line
 * of its own, no library (Powertools' writes a line apart). Nothing for a line that counts nothing.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const embeddedMetrics = (
  line: { readonly message: string; readonly fields: Fields },
  namespace: string,
  nowMs: number,
): Fields => {
  const metrics = Object.hasOwn(metricsOf, line.message) ? metricsOf[line.message]?.(line.fields) : undefined;
  if (metrics === undefined) return {};
  const Metrics = Object.keys(metrics).map((Name) => ({ Name, Unit: 'Count' }));
  return {
    ...metrics,
    _aws: { Timestamp: nowMs, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics }] },
  };
};
