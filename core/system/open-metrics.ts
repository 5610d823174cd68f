/** What a family of samples is. A counter's samples end in `_total`, those of the others are named by the type. */
type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** One value with its labels. */
export interface Sample {
  /** What follows the family's name, such as `_bucket`. */
  readonly suffix?: '_total' | '_bucket' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples that belong together: one name, one type, one sentence of help. */
export interface MetricFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Must be the end of the name. */
  readonly unit?: 'seconds' | 'ratio';
  readonly samples: readonly Sample[];
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };
const escaped = (text: string): string => text.replaceAll(/[\\"\n]/g, (character) => escapes[character] ?? character);

const labelText = (labels: Sample['labels']): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const familyText = ({ name, type, help, unit, samples }: MetricFamily): string =>
  [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map((sample) => `${name}${sample.suffix ?? ''}${labelText(sample.labels)} ${sample.value}`),
  ].join('\n');

/**
 * Families as OpenMetrics text. Label values may be anything that a caller named; they are escaped.
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export const openMetricsText = (families: readonly MetricFamily[]): string =>
  [...families.map(familyText), '# EOF', ''].join('\n');
