/** A list price: of one unit, in US dollars. */
export interface Price {
  readonly unit: string;
  readonly service: string;
  /** Dollars for one million of the unit. */
  readonly usdPerMillion: number;
  /** How AWS counts the unit. */
  readonly counting: string;
  readonly source: string;
}

const priceList = 'AWS price list, us-east-1, read 2026-09';
const pricePage = (service: string): string => `aws.amazon.com/${service}/pricing, us-east-1, read 2026-09`;

/** Every price that the meter knows, first tier, without the free tier. Nothing else in the project names one. */
export const prices: readonly Price[] = [
  {
    unit: 'websocket.messages',
    service: 'API Gateway',
    usdPerMillion: 1,
    counting: 'each 32 KB of a message, in either direction',
    source: priceList,
  },
  {
    unit: 'websocket.connectionMinutes',
    service: 'API Gateway',
    usdPerMillion: 0.25,
    counting: 'each minute of an open socket',
    source: priceList,
  },
  {
    unit: 'http.requests',
    service: 'API Gateway',
    usdPerMillion: 1,
    counting: 'each 512 KB of a request or answer',
    source: priceList,
  },
  {
    unit: 'lambda.requests',
    service: 'Lambda',
    usdPerMillion: 0.2,
    counting: 'each invocation; a batch of a queue or stream is one',
    source: priceList,
  },
  {
    unit: 'lambda.gbMs',
    service: 'Lambda',
    usdPerMillion: 0.0133334,
    counting: 'arm64, memory × milliseconds, from the fixed table of durations',
    source: priceList,
  },
  {
    unit: 'dynamodb.writeUnits',
    service: 'DynamoDB',
    usdPerMillion: 0.625,
    counting: 'on demand, each 1 KB of a written item and of each index; a refused condition costs as much',
    source: pricePage('dynamodb'),
  },
  {
    unit: 'dynamodb.readUnits',
    service: 'DynamoDB',
    usdPerMillion: 0.125,
    counting: 'on demand, each 4 KB of an item or of a page of a query; half when eventually consistent',
    source: pricePage('dynamodb'),
  },
  {
    unit: 'sqs.requests',
    service: 'SQS',
    usdPerMillion: 0.4,
    counting: 'each 64 KB of a send, receive or delete; a batch of ten is one',
    source: priceList,
  },
  {
    unit: 'sqs.emptyReceives',
    service: 'SQS',
    usdPerMillion: 0.4,
    counting: 'each poll of Lambda that finds nothing',
    source: priceList,
  },
  {
    unit: 'events.published',
    service: 'EventBridge',
    usdPerMillion: 1,
    counting: 'each 64 KB of an event that is put on the bus',
    source: pricePage('eventbridge'),
  },
  {
    unit: 'scheduler.invocations',
    service: 'EventBridge Scheduler',
    usdPerMillion: 1,
    counting: 'each invocation; 14 million a month are free',
    source: 'not confirmed from a document of AWS',
  },
  {
    unit: 'states.transitions',
    service: 'Step Functions',
    usdPerMillion: 25,
    counting: 'each state that is entered, retries too',
    source: priceList,
  },
  {
    unit: 's3.putRequests',
    service: 'S3',
    usdPerMillion: 5,
    counting: 'each PUT, POST or LIST',
    source: pricePage('s3'),
  },
  { unit: 's3.getRequests', service: 'S3', usdPerMillion: 0.4, counting: 'each GET', source: pricePage('s3') },
  {
    unit: 'logs.bytes',
    service: 'CloudWatch Logs',
    usdPerMillion: 0.0005,
    counting: '0.50 dollars a GB: lines of functions and APIs as written',
    source: priceList,
  },
  {
    unit: 'cloudwatch.alarms',
    service: 'CloudWatch',
    usdPerMillion: 100_000,
    counting: 'each metric of an alarm, a month',
    source: priceList,
  },
  {
    unit: 'cloudwatch.metrics',
    service: 'CloudWatch',
    usdPerMillion: 300_000,
    counting: 'each custom metric, a month in which it is written',
    source: priceList,
  },
  {
    unit: 'cloudwatch.dashboards',
    service: 'CloudWatch',
    usdPerMillion: 3_000_000,
    counting: 'each dashboard, a month; three are free in an account',
    source: 'not confirmed from a document of AWS',
  },
  {
    unit: 'secretsmanager.secrets',
    service: 'Secrets Manager',
    usdPerMillion: 400_000,
    counting: 'each secret, a month',
    source: pricePage('secrets-manager'),
  },
];

/** What a count of a unit costs. @throws Error for a unit without a price: nothing is left out silently */
export const costOf = (unit: string, count: number): number => {
  const price = prices.find((one) => one.unit === unit);
  if (price === undefined) throw new Error(`There is no price for ${unit}.`);
  return (count * price.usdPerMillion) / 1_000_000;
};
