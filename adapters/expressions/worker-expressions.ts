import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { limits } from '#core/contract/limits.ts';
import type { Expressions } from '#core/ports/expressions.ts';
import { Evaluated, evaluate, Question } from './evaluate.ts';
import { expressionsOn } from './expressions.ts';

/** By this a thread knows that it is one that evaluates: it runs the file, or the bundle, that started it. */
const role = 'muster-expressions';

const isEvaluator = (): boolean =>
  typeof workerData === 'object' && workerData !== null && Reflect.get(workerData, 'role') === role;

/** What the thread does: one question after the other. */
const serve = (): void => {
  parentPort?.on('message', (message: unknown) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
    void evaluate(Question.parse(message)).then((evaluated) => parentPort?.postMessage(evaluated));
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
  parentPort?.postMessage('ready');
};

if (isEvaluator()) serve();

const startThread = async (): Promise<Worker> => {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { role },
    // What an expression may fill before its thread, and nothing else, ends.
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  await once(worker, 'message');
  // A thread that waits for questions keeps nobody from ending.
  worker.unref();
  return worker;
};

/** `late` and `dead` leave a thread that is of no use any more. */
type Asked = Evaluated | 'late' | 'dead';

const askThread = async (worker: Worker, question: Question): Promise<Asked> => {
  const ended = new AbortController();
  const { signal } = ended;
  const answered = once(worker, 'message', { signal }).then(([message]) => Evaluated.parse(message));
  const late = wait<Asked>(limits.expressionStopMs, 'late', { signal });
  // Whichever loses is called off, and says so to nobody.
  for (const either of [answered, late]) either.catch(() => undefined);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
  worker.postMessage(question);
  try {
    return await Promise.race([answered, late]);
  } catch {
    return 'dead';
  } finally {
    ended.abort();
  }
};

const problems = { late: 'It takes too long.', dead: 'It needs too much memory.' } as const;

/**
 * Evaluates in a thread of its own, which is kept between questions and ended when one takes too long: an expression that
 * never ends (a regular expression that backtracks for ever) costs its caller `limits.expressionStopMs` and nobody else
 * anything.
 */
export const createWorkerExpressions = (): Expressions => {
  let thread: Worker | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const askOnce = async (question: Question): Promise<Evaluated> => {
    const worker = (thread ??= await startThread());
    const asked = await askThread(worker, question);
    if (typeof asked === 'object') return asked;
    thread = undefined;
    await worker.terminate();
    return { problem: problems[asked] };
  };

  return expressionsOn((question) => {
    const asked = queue.then(() => askOnce(question));
    queue = asked.catch(() => undefined);
    return asked;
  });
};
