/** The bus. */
export interface Events {
  /** Publishes one event; delivery is at least once. `id` goes into the detail, so that consumers can drop repeats. */
  publish(event: { readonly detailType: string; readonly detail: Readonly<Record<string, unknown>> }): Promise<void>;
}
