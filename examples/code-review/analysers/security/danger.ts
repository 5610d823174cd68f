import type { Finding } from '../finding.ts';

/** What is wrong with a call; its place is that of the call. */
export interface Danger {
  readonly rule: string;
  readonly severity: Finding['severity'];
  readonly message: string;
}
