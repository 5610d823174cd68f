import { createHash } from 'node:crypto';
import type { Key } from '#core/contract/keys.ts';
import type { TasksMessage, TimerMessage } from '#core/contract/messages.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Events } from '#core/ports/events.ts';
import type { Executions } from '#core/ports/executions.ts';
import type { Log } from '#core/ports/log.ts';
import type { Payloads } from '#core/ports/payloads.ts';
import type { Queues } from '#core/ports/queues.ts';
import type { Randomness } from '#core/ports/randomness.ts';
import type { ScheduleRequest, Schedules } from '#core/ports/schedules.ts';
import type { Secrets } from '#core/ports/secrets.ts';
import type { Sockets } from '#core/ports/sockets.ts';
import type { TokenIdentity, Tokens } from '#core/ports/tokens.ts';
import type { Vault } from '#core/ports/vault.ts';

export interface VirtualClock extends Clock {
  advance(ms: number): void;
}

/** A clock that moves only when told. @default 2026-01-01T00:00:00Z */
export const createVirtualClock = (startMs = Date.UTC(2026, 0, 1)): VirtualClock => {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
};

/** Repeatable chance (mulberry32): the same seed gives the same sequence. */
export const createSeededRandomness = (seed = 1): Randomness => {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), state | 1);
    const spread = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61));
    return ((spread ^ (spread >>> 14)) >>> 0) / 2 ** 32;
  };
  return { fraction, bytes: () => Uint8Array.from({ length: 16 }, () => Math.floor(fraction() * 256)) };
};

export interface RecordingSockets extends Sockets {
  /** Every frame handed over, in order. */
  readonly posted: { readonly connectionId: string; readonly frame: string }[];
  readonly closed: string[];
  /** Connections that answer `gone`; closing one adds it. */
  readonly gone: Set<string>;
  /** The frames of one connection, parsed. */
  framesTo(connectionId: string): readonly unknown[];
}

export const createRecordingSockets = (): RecordingSockets => {
  const posted: { readonly connectionId: string; readonly frame: string }[] = [];
  const closed: string[] = [];
  const gone = new Set<string>();
  return {
    posted,
    closed,
    gone,
    framesTo: (connectionId) =>
      posted.filter((post) => post.connectionId === connectionId).map((post): unknown => JSON.parse(post.frame)),
    post: async (connectionId, frame) => {
      if (gone.has(connectionId)) {
        return 'gone';
      }
      posted.push({ connectionId, frame });
      return 'delivered';
    },
    close: async (connectionId) => {
      closed.push(connectionId);
      gone.add(connectionId);
    },
  };
};

export interface RecordingQueues extends Queues {
  readonly tasks: { readonly tenant: string; readonly message: TasksMessage }[];
  readonly timers: { readonly message: TimerMessage; readonly delaySeconds: number }[];
  readonly effects: Key[];
}

export const createRecordingQueues = (): RecordingQueues => {
  const tasks: { readonly tenant: string; readonly message: TasksMessage }[] = [];
  const timers: { readonly message: TimerMessage; readonly delaySeconds: number }[] = [];
  const effects: Key[] = [];
  return {
    tasks,
    timers,
    effects,
    sendEffect: async ({ pk, sk }) => {
      effects.push({ pk, sk });
    },
    sendTasks: async (tenant, messages) => {
      tasks.push(...messages.map((message) => ({ tenant, message: structuredClone(message) })));
    },
    sendTimer: async (message, delaySeconds) => {
      if (!(delaySeconds <= 900)) {
        throw new RangeError(`A timer takes at most 900 seconds, not ${delaySeconds}`);
      }
      timers.push({ message: structuredClone(message), delaySeconds: Math.max(0, Math.ceil(delaySeconds)) });
    },
  };
};

export interface RecordedExecution {
  readonly mode: string;
  readonly runId: string;
  readonly input: unknown;
  status: Awaited<ReturnType<Executions['status']>>;
  reason?: string;
}

export type TokenAnswer = { readonly output: unknown } | { readonly error: string; readonly cause: string };

export interface RecordingExecutions extends Executions {
  /** By ARN. Tests may set a status. */
  readonly started: Map<string, RecordedExecution>;
  /** First answer of each task token; a second one finds nobody waiting. */
  readonly answers: Map<string, TokenAnswer>;
  /** Tokens that nobody waits for. */
  readonly goneTokens: Set<string>;
}

export const createRecordingExecutions = (): RecordingExecutions => {
  const started = new Map<string, RecordedExecution>();
  const answers = new Map<string, TokenAnswer>();
  const goneTokens = new Set<string>();
  const answer = (taskToken: string, given: TokenAnswer): 'delivered' | 'gone' => {
    if (goneTokens.has(taskToken) || answers.has(taskToken)) {
      return 'gone';
    }
    answers.set(taskToken, structuredClone(given));
    return 'delivered';
  };
  return {
    started,
    answers,
    goneTokens,
    start: async ({ mode, runId, input }) => {
      const arn = `arn:aws:states:eu-west-1:123456789012:execution:${mode}:${runId}`;
      if (!started.has(arn)) {
        started.set(arn, { mode, runId, input: structuredClone(input), status: 'RUNNING' });
      }
      return arn;
    },
    stop: async (executionArn, reason) => {
      const execution = started.get(executionArn);
      if (execution?.status === 'RUNNING') {
        execution.status = 'ABORTED';
        execution.reason = reason;
      }
    },
    status: async (executionArn) => started.get(executionArn)?.status ?? 'UNKNOWN',
    succeed: async (taskToken, output) => answer(taskToken, { output }),
    fail: async (taskToken, error, cause) => answer(taskToken, { error, cause }),
  };
};

export interface RecordingEvents extends Events {
  readonly published: { readonly detailType: string; readonly detail: Readonly<Record<string, unknown>> }[];
}

export const createRecordingEvents = (): RecordingEvents => {
  const published: RecordingEvents['published'] = [];
  return {
    published,
    publish: async (event) => {
      published.push(structuredClone(event));
    },
  };
};

export interface InMemoryPayloads extends Payloads {
  readonly stored: Map<string, string>;
}

/** Uploads are not served: a test puts what an agent would have uploaded. */
export const createInMemoryPayloads = (): InMemoryPayloads => {
  const stored = new Map<string, string>();
  return {
    stored,
    put: async (ref, text) => {
      stored.set(ref, text);
    },
    get: async (ref) => {
      const text = stored.get(ref);
      if (text === undefined) {
        throw new NotFoundError('payload', ref);
      }
      return text;
    },
    readUrl: async (ref) => `https://payloads.test/${ref}?read=1`,
    uploadUrl: async (ref, { bytes, sha256 }) => ({
      url: `https://payloads.test/${ref}?upload=${createHash('sha256').update(`${bytes}/${sha256}`).digest('hex')}`,
      headers: {
        'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
        'content-length': String(bytes),
      },
    }),
  };
};

export interface FixedTokens extends Tokens {
  /** Tokens that are valid, and whom they speak for. */
  readonly valid: Map<string, TokenIdentity>;
}

export const createFixedTokens = (): FixedTokens => {
  const valid = new Map<string, TokenIdentity>();
  return { valid, verify: async (token) => valid.get(token) };
};

export interface InMemoryVault extends Vault {
  /** Values by `<from>:<tenant>/<id>`. */
  readonly values: Map<string, string>;
}

export const createInMemoryVault = (): InMemoryVault => {
  const values = new Map<string, string>();
  return { values, read: async (tenant, { from, id }) => values.get(`${from}:${tenant}/${id}`) };
};

export interface RecordingSchedules extends Schedules {
  /** What is scheduled now, by tenant and trigger. */
  readonly known: Map<string, ScheduleRequest>;
}

export const createRecordingSchedules = (): RecordingSchedules => {
  const known: RecordingSchedules['known'] = new Map();
  return {
    known,
    put: async (request) => void known.set(`${request.tenant}#${request.trigger}`, structuredClone(request)),
    remove: async (tenant, trigger) => void known.delete(`${tenant}#${trigger}`),
  };
};

export const createFixedSecrets = (secret = 'test-bootstrap-secret'): Secrets => ({
  bootstrapSecret: async () => secret,
});

export interface RecordingLog extends Log {
  readonly lines: {
    readonly level: 'info' | 'warn';
    readonly message: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
}

export const createRecordingLog = (): RecordingLog => {
  const lines: RecordingLog['lines'] = [];
  return {
    lines,
    info: (message, fields) => void lines.push({ level: 'info', message, fields: structuredClone(fields) }),
    warn: (message, fields) => void lines.push({ level: 'warn', message, fields: structuredClone(fields) }),
  };
};
