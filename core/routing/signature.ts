import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import type { Requirements } from '../contract/task.ts';

/**
 * What all tasks with the same hard requirements share: the name of their backlog. Order of capabilities and of required
 * labels does not matter; preferred labels are left out, for they rule nobody out. A pinned task's is its agent's.
 */
export const requirementSignature = ({ affinity, ...requirements }: Requirements): string => {
  const required = (affinity ?? [])
    .filter((one) => one.required)
    .map(({ label, comparator, value }) => canonicalJson({ label, comparator, value }))
    .toSorted();
  const hard = {
    ...requirements,
    capabilities: requirements.capabilities.toSorted(),
    ...(required.length === 0 ? {} : { affinity: required }),
  };
  return sha256Hex(canonicalJson(hard)).slice(0, 24);
};
