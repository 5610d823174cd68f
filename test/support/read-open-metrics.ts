/** One sample as a scraper sees it. */
export interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A family as a scraper sees it. */
export interface ScrapedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit?: string;
  readonly samples: readonly ScrapedSample[];
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  summary: ['', '_count', '_sum', '_created'],
};

const number = /^(?:[+-]?Inf|NaN|[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)$/i;
const metadata = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][\w:]*) (.*)$/;
const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s;
const label = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/;

const unescaped = (text: string): string =>
  text.replaceAll(/\\([\\"n])/g, (_whole, character: string) => (character === 'n' ? '\n' : character));

const valueOf = (text: string): number => {
  if (!number.test(text)) throw new Error(`no number: ${text}`);
  return Number(text.replace(/inf/i, 'Infinity'));
};

const labelsOf = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const [whole, name = '', value = '', comma = ''] = label.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`no label: ${rest}`);
    if (name in labels) throw new Error(`label twice: ${name}`);
    labels[name] = unescaped(value);
    rest = rest.slice(whole.length);
    if (comma !== '' && rest === '') throw new Error('a comma too many');
  }
  return labels;
};

/** The same for the same labels, in whatever order. */
const keyOf = (labels: ScrapedSample['labels']): string =>
  Object.entries(labels)
    .map((pair) => JSON.stringify(pair))
    .toSorted((one, other) => one.localeCompare(other))
    .join();

const seriesOf = ({ labels }: ScrapedSample): string => {
  const { le: _le, ...own } = labels;
  return keyOf(own);
};

/** Buckets rise to `+Inf`, which is the count; each series has all of its parts. */
const checkHistogram = ({ name, samples }: ScrapedFamily): void => {
  for (const series of new Set(samples.map(seriesOf))) {
    const own = samples.filter((sample) => seriesOf(sample) === series);
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => valueOf(labels['le'] ?? ''));
    const counts = buckets.map(({ value }) => value);
    const isRising = (values: readonly number[]) =>
      values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0));
    if (!isRising(bounds) || !isRising(counts) || bounds.at(-1) !== Infinity) throw new Error(`buckets of ${series}`);
    if (own.find((sample) => sample.name === `${name}_count`)?.value !== counts.at(-1))
      throw new Error(`count of ${series}`);
    if (!own.some((sample) => sample.name === `${name}_sum`)) throw new Error(`no sum of ${series}`);
  }
};

const checkSample = ({ name, type }: ScrapedFamily, sample: ScrapedSample): void => {
  const suffix = sample.name.slice(name.length);
  if (!sample.name.startsWith(name) || suffixes[type]?.includes(suffix) !== true)
    throw new Error(`${sample.name} is no sample of ${type} ${name}`);
  if (type !== 'gauge' && sample.value < 0) throw new Error(`${sample.name} is negative`);
};

const checkFamily = (family: ScrapedFamily): void => {
  const { name, type, unit, samples } = family;
  if (unit !== undefined && !name.endsWith(`_${unit}`)) throw new Error(`${name} does not end in its unit`);
  if (type === 'counter' && name.endsWith('_total')) throw new Error(`${name}: a counter's family has no _total`);
  for (const sample of samples) checkSample(family, sample);
  const series = samples.map((sample) => `${sample.name} ${keyOf(sample.labels)}`);
  if (new Set(series).size < series.length) throw new Error(`${name} has a sample twice`);
  if (type === 'histogram') checkHistogram(family);
};

type Open = Omit<ScrapedFamily, 'samples' | 'help' | 'unit'> & {
  help: string;
  unit?: string;
  readonly samples: ScrapedSample[];
};

const openFamily = (name: string, type: string): Open => {
  if (!(type in suffixes)) throw new Error(`unknown type: ${type}`);
  return { name, type, help: '', samples: [] };
};

const describe = (family: Open | undefined, kind: string, [name, text]: readonly [string, string]): void => {
  if (family?.name !== name || family.samples.length > 0) throw new Error(`misplaced: ${kind} ${name}`);
  if (kind === 'UNIT') family.unit = text;
  else family.help = unescaped(text);
};

const sampleOf = (line: string): ScrapedSample => {
  const [whole, name = '', labels = '', value = ''] = sampleLine.exec(line) ?? [];
  if (whole === undefined) throw new Error(`no sample: ${line}`);
  return { name, labels: labelsOf(labels), value: valueOf(value) };
};

/**
 * Reads OpenMetrics text as strictly as its specification has it: order of metadata, names by type, labels, numbers,
 * buckets, the end. Knows nothing of what wrote it.
 */
export const readOpenMetrics = (text: string): readonly ScrapedFamily[] => {
  const lines = text.split('\n');
  if (lines.at(-1) !== '' || lines.at(-2) !== '# EOF') throw new Error('does not end with # EOF and a line feed');
  const families: Open[] = [];
  for (const line of lines.slice(0, -2)) {
    const [, kind, name = '', rest = ''] = metadata.exec(line) ?? [];
    const current = families.at(-1);
    if (kind === 'TYPE') families.push(openFamily(name, rest));
    else if (kind !== undefined) describe(current, kind, [name, rest]);
    else if (current === undefined) throw new Error(`outside of a family: ${line}`);
    else current.samples.push(sampleOf(line));
  }
  if (new Set(families.map(({ name }) => name)).size < families.length) throw new Error('a family twice');
  families.forEach(checkFamily);
  return families;
};
