import { AwsError, type Clock, type FunctionInvoker, type Meter, type Running } from '../contract.ts';
import type { FunctionChaos, FunctionDefinition, FunctionDescription } from './function-definition.ts';
import { FunctionPool } from './function-pool.ts';

/** Largest event of a synchronous invocation. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxRequestBytes = 6_291_456;

/** Lambda: runs functions in worker threads. Add functions first; they start when they are first invoked. */
export interface Functions extends Running, FunctionInvoker {
  addFunction(definition: FunctionDefinition): void;
  describe(): readonly FunctionDescription[];
}

/** `arn:…:function:name:alias`, `account:function:name`, `name:alias` and `name` all name the function `name`. */
function readFunctionName(arnOrName: string): string {
  const parts = arnOrName.split(':');
  const marker = parts.indexOf('function');
  return parts[marker + 1] ?? arnOrName;
}

/** Creates an empty Lambda. `log` receives each line that functions print. */
export function createFunctions(options: {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: (functionName: string, line: string) => void;
  readonly chaos?: FunctionChaos;
  /** The most environments of one function at once. @default by the machine's cores */
  readonly mostEnvironments?: number | undefined;
}): Functions {
  const pools = new Map<string, { readonly pool: FunctionPool; readonly arn: string }>();
  return {
    addFunction(definition) {
      const { clock, meter, log, chaos, mostEnvironments } = options;
      pools.set(definition.name, {
        arn: definition.arn,
        pool: new FunctionPool({ definition, clock, meter, log, chaos, mostEnvironments }),
      });
    },
    async invoke(functionArnOrName, event) {
      const name = readFunctionName(functionArnOrName);
      const found = pools.get(name);
      if (!found) {
        throw new AwsError('ResourceNotFoundException', `Function not found: ${functionArnOrName}`, 404);
      }
      const eventJson = JSON.stringify(event ?? {});
      if (Buffer.byteLength(eventJson) > maxRequestBytes) {
        const message = `Request must be smaller than ${maxRequestBytes} bytes for the InvokeFunction operation`;
        throw new AwsError('RequestTooLargeException', message, 413);
      }
      const invokedArn = functionArnOrName.startsWith('arn:') ? functionArnOrName : found.arn;
      return found.pool.invoke(invokedArn, eventJson);
    },
    describe: () => [...pools.values()].map(({ pool }) => pool.describe()),
    async stop() {
      await Promise.all([...pools.values()].map(({ pool }) => pool.stop()));
    },
  };
}
