/** Frames to connected agents and clients. */
export interface Sockets {
  /**
   * Hands one text frame to a connection. `delivered` says only that it was handed over.
   * @throws UnavailableError when the gateway throttles or cannot be reached.
   */
  post(connectionId: string, frame: string): Promise<'delivered' | 'gone'>;
  /** Closes a connection; an unknown one is no error. */
  close(connectionId: string): Promise<void>;
}
