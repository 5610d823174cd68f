import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import type { Requirements } from '../contract/task.ts';

/**
 * What all tasks with the same hard requirements share: the name of their backlog. Order of capabilities does not
 * matter. A pinned task's is its agent's.
 */
export const requirementSignature = (requirements: Requirements): string =>
  sha256Hex(canonicalJson({ ...requirements, capabilities: requirements.capabilities.toSorted() })).slice(0, 24);
