/** Structured log lines. Fields are an allowlist by the caller: never payloads, tokens or secrets. */
export interface Log {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}
