/**
 * Every error that Muster answers, over sockets and HTTP alike. `retryable`: the same request may succeed later.
 * `status` is the HTTP status beside it.
 */
export const errorCodes = {
  MALFORMED_FRAME: { status: 400, retryable: false },
  UNKNOWN_TYPE: { status: 400, retryable: false },
  UNKNOWN_FIELD: { status: 400, retryable: false },
  INVALID_FIELD: { status: 400, retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false },
  UNAUTHENTICATED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  ALREADY_EXISTS: { status: 409, retryable: false },
  AGENT_ID_TAKEN: { status: 409, retryable: false },
  NOT_REGISTERED: { status: 409, retryable: false },
  STALE_ATTEMPT: { status: 409, retryable: false },
  STALE_TERM: { status: 409, retryable: false },
  STALE_CONNECTION: { status: 409, retryable: false },
  ALREADY_TERMINAL: { status: 409, retryable: false },
  PRECONDITION_FAILED: { status: 412, retryable: false },
  IDEMPOTENCY_MISMATCH: { status: 422, retryable: false },
  INVALID_DEFINITION: { status: 400, retryable: false },
  CYCLE: { status: 400, retryable: false },
  UNRUNNABLE: { status: 422, retryable: false },
  QUOTA_EXCEEDED: { status: 429, retryable: true },
  RATE_LIMITED: { status: 429, retryable: true },
  CONFLICT: { status: 409, retryable: true },
  UNAVAILABLE: { status: 503, retryable: true },
  SHUTTING_DOWN: { status: 503, retryable: true },
  INTERNAL: { status: 500, retryable: true },
  NEEDS_MANAGED_AGENTS: { status: 501, retryable: false },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

/** A code that callers may branch on: once published, it keeps its meaning. */
export type ErrorCode = keyof typeof errorCodes;

/** The codes as a list for schemas. */
export const errorCodeNames: readonly ErrorCode[] = [
  'MALFORMED_FRAME',
  'UNKNOWN_TYPE',
  'UNKNOWN_FIELD',
  'INVALID_FIELD',
  'PAYLOAD_TOO_LARGE',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'ALREADY_EXISTS',
  'AGENT_ID_TAKEN',
  'NOT_REGISTERED',
  'STALE_ATTEMPT',
  'STALE_TERM',
  'STALE_CONNECTION',
  'ALREADY_TERMINAL',
  'PRECONDITION_FAILED',
  'IDEMPOTENCY_MISMATCH',
  'INVALID_DEFINITION',
  'CYCLE',
  'UNRUNNABLE',
  'QUOTA_EXCEEDED',
  'RATE_LIMITED',
  'CONFLICT',
  'UNAVAILABLE',
  'SHUTTING_DOWN',
  'INTERNAL',
  'NEEDS_MANAGED_AGENTS',
];
