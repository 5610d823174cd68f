/**
 * What runs inside one execution environment: loads the handler, then answers one event at a time. It plays the part
 * of Lambda's Node.js runtime interface client and is kept free of imports that cost start-up time.
 * @see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
import { existsSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import type { EnvironmentData, FromEnvironment, LambdaErrorPayload, ToEnvironment } from './environment-protocol.ts';

type Handler = (event: unknown, context: object, callback: (error: unknown, result?: unknown) => void) => unknown;
type Invocation = Extract<ToEnvironment, { type: 'invoke' }>;

/** Largest answer of a synchronous invocation. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxResponseBytes = 6_291_556;

/** A handler with this many parameters takes a callback. Node.js 24 and later refuse it. @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html */
const callbackArity = 3;
const callbacksRemoved =
  'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You will need to modify this function to use a supported handler signature to use Node.js 24 or later.';

const data: EnvironmentData = workerData;
const port = parentPort;

function send(message: FromEnvironment): void {
  port?.postMessage(message);
}

class InitError extends Error {
  constructor(name: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = name;
  }
}

/** The error as the runtime client serialises it; a thrown non-error is reported by its type. */
function describeError(error: unknown): LambdaErrorPayload {
  try {
    if (error instanceof Error || types.isNativeError(error)) {
      const name = typeof error.name === 'string' ? error.name : 'Error';
      return { errorType: name, errorMessage: error.message, trace: String(error.stack).split('\n') };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    const errorMessage =
      'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack';
    return { errorType: 'handled', errorMessage, trace: [] };
  }
}

function findModule(modulePath: string): string {
  const found = ['', '.js', '.mjs', '.cjs'].map((suffix) => join(data.codeDirectory, modulePath + suffix));
  const file = found.slice(1).find((candidate) => existsSync(candidate));
  if (file === undefined) {
    throw new InitError('Runtime.ImportModuleError', `Error: Cannot find module '${modulePath}'`);
  }
  return file;
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new InitError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`, error);
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (error instanceof Error && (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')) {
      throw new InitError('Runtime.ImportModuleError', `Error: ${error.message}`, error);
    }
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

/** `src/index.nested.handler` names the file `src/index` and the export `nested.handler`. */
async function loadHandler(): Promise<Handler> {
  const slash = data.handler.lastIndexOf('/');
  const [base, ...path] = data.handler.slice(slash + 1).split('.');
  if (base === undefined || path.length === 0 || path.includes('')) {
    throw new InitError('Runtime.MalformedHandlerName', 'Bad handler');
  }
  const loaded = await importModule(findModule(data.handler.slice(0, slash + 1) + base));
  const pick = (root: unknown): unknown =>
    path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), root);
  const handler = pick(loaded) ?? pick(loaded['default']);
  if (handler === undefined) {
    throw new InitError('Runtime.HandlerNotFound', `${data.handler} is undefined or not exported`);
  }
  if (!isHandler(handler)) {
    throw new InitError('Runtime.HandlerNotFound', `${data.handler} is not a function`);
  }
  if (!data.allowsCallbacks && handler.length >= callbackArity) {
    throw new InitError('Runtime.CallbackHandlerDeprecated', callbacksRemoved);
  }
  return handler;
}

function createContext(invocation: Invocation): object {
  const deadline = Date.now() + data.timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: invocation.invokedArn,
    memoryLimitInMB: String(data.memoryMb),
    awsRequestId: invocation.requestId,
    logGroupName: data.logGroupName,
    logStreamName: data.logStreamName,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function serialise(result: unknown): string {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

function callHandler(handler: Handler, invocation: Invocation): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback = (error: unknown, result?: unknown): void =>
      error === null || error === undefined ? resolve(result) : reject(error);
    const answer = handler(JSON.parse(invocation.eventJson), createContext(invocation), callback);
    const isPromise = isObject(answer) && typeof answer['then'] === 'function';
    if (isPromise || handler.length < callbackArity) resolve(answer);
  });
}

async function answer(handler: Handler, invocation: Invocation): Promise<void> {
  const { requestId } = invocation;
  try {
    const resultJson = serialise(await callHandler(handler, invocation));
    const bytes = Buffer.byteLength(resultJson);
    if (bytes > maxResponseBytes) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${maxResponseBytes} bytes).`;
      send({ type: 'error', requestId, error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } });
    } else {
      send({ type: 'result', requestId, resultJson });
    }
  } catch (error) {
    send({ type: 'error', requestId, error: describeError(error) });
  }
}

/** Reports what escaped the handler and ends the environment: its state can no longer be trusted. */
function die(error: LambdaErrorPayload, exitCode: number): void {
  send({ type: 'fatal', error });
  process.exit(exitCode);
}

// Exit codes 128 and 129 are the runtime client's.
process.on('unhandledRejection', (reason) => {
  const error = new InitError('Runtime.UnhandledPromiseRejection', String(reason), reason);
  die({ ...describeError(error), reason: describeError(reason) }, 128);
});
process.on('uncaughtException', (error) => die(describeError(error), 129));

if (data.compileCache !== '') enableCompileCache(data.compileCache);

/** Kept after the first answer rather than at the end, which an environment does not live to see: it is terminated. */
let isCompiledCodeKept = data.compileCache === '';

async function answerAndKeepCode(handler: Handler, invocation: Invocation): Promise<void> {
  await answer(handler, invocation);
  if (isCompiledCodeKept) return;
  isCompiledCodeKept = true;
  flushCompileCache();
}

try {
  const handler = await loadHandler();
  port?.on('message', (message: ToEnvironment) => void answerAndKeepCode(handler, message));
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'fatal', error: describeError(error) });
}
