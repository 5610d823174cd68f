/** How a Task waits for its work. */
export type TaskPattern = 'request' | 'waitForTaskToken' | 'sync' | 'sync:2';

/** The services a Task can call. */
export type TaskService = 'lambda' | 'sqs' | 'events' | 'dynamodb' | 'states';

/** A Task's `Resource`, read. */
export interface TaskResource {
  readonly kind: 'optimized' | 'function';
  readonly service: TaskService;
  /** The integration's action as ASL spells it: `sendMessage`. */
  readonly action: string;
  readonly pattern: TaskPattern;
  /** The whole ARN as written. */
  readonly arn: string;
}

const patternsByAction: Readonly<Record<string, readonly TaskPattern[]>> = {
  'lambda:invoke': ['request', 'waitForTaskToken'],
  'sqs:sendMessage': ['request', 'waitForTaskToken'],
  'events:putEvents': ['request', 'waitForTaskToken'],
  'dynamodb:getItem': ['request'],
  'dynamodb:putItem': ['request'],
  'dynamodb:updateItem': ['request'],
  'dynamodb:deleteItem': ['request'],
  'states:startExecution': ['request', 'waitForTaskToken', 'sync', 'sync:2'],
};

const services: readonly TaskService[] = ['lambda', 'sqs', 'events', 'dynamodb', 'states'];
const functionArn = /^arn:aws[\w-]*:lambda:[\w-]*:\d{12}:function:[\w-]+(:[\w$-]+)?$/;
const optimizedArn = /^arn:aws[\w-]*:states:[\w-]*:\d*:(\w+):(\w+)(?:\.(waitForTaskToken|sync:2|sync))?$/;

function toPattern(suffix: string | undefined): TaskPattern {
  return suffix === 'waitForTaskToken' || suffix === 'sync' || suffix === 'sync:2' ? suffix : 'request';
}

/** Reads a Task's `Resource`; undefined when this platform has no such integration. */
export function parseResource(arn: string): TaskResource | undefined {
  if (functionArn.test(arn)) return { kind: 'function', service: 'lambda', action: 'invoke', pattern: 'request', arn };
  const [, serviceName, action, suffix] = optimizedArn.exec(arn) ?? [];
  const service = services.find((name) => name === serviceName);
  if (!service || action === undefined) return undefined;
  const pattern = toPattern(suffix);
  const isKnown = patternsByAction[`${service}:${action}`]?.includes(pattern) ?? false;
  return isKnown ? { kind: 'optimized', service, action, pattern, arn } : undefined;
}

/** The integrations this platform has, for messages. */
export function supportedResources(): string {
  return Object.entries(patternsByAction)
    .flatMap(([name, patterns]) =>
      patterns.map((pattern) => `arn:aws:states:::${name}${pattern === 'request' ? '' : `.${pattern}`}`),
    )
    .join(', ');
}
