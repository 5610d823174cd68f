/** Frames to connected agents and clients. */
export interface Sockets {
  /**
   * Hands one JSON frame to a connection, in the encoding that its address names. `delivered` says only that it was handed over.
   * @throws UnavailableError when the gateway throttles or cannot be reached.
   */
  post(address: string, frame: string): Promise<'delivered' | 'gone'>;
  /** Closes a connection; an unknown one is no error. */
  close(address: string): Promise<void>;
}
