/** An open connection, as far as `@connections` needs it. */
export interface OpenConnection {
  readonly connectedAt: number;
  readonly lastActiveAt: () => number;
  readonly identity: { readonly sourceIp: string; readonly userAgent: string | undefined };
  /** Sends one text message. False when the socket is gone. */
  send(message: string): Promise<boolean>;
  /** Closes; with `isSocketEnded` without waiting for the client's own close frame. */
  close(code: number, reason: string, isSocketEnded?: boolean): void;
}

/** The open connections of all WebSocket APIs. A connection is in it from the end of its handshake until it closes. */
export type ConnectionRegistry = Map<string, OpenConnection>;
