import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { decidingType, type Wanted } from './wanted.ts';

/**
 * What all tasks share that the same agents may have: the name of their backlog. Made of the type and the hard
 * requirements. Order of capabilities and of required labels does not matter; preferred labels are left out, for they rule
 * nobody out. A pinned task's is its agent's.
 */
export const requirementSignature = (wanted: Wanted): string => {
  const { affinity, ...requirements } = wanted.requirements;
  const required = (affinity ?? [])
    .filter((one) => one.required)
    .map(({ label, comparator, value }) => canonicalJson({ label, comparator, value }))
    .toSorted();
  const type = decidingType(wanted);
  const hard = {
    ...requirements,
    ...(type === undefined ? {} : { type }),
    capabilities: requirements.capabilities.toSorted(),
    ...(required.length === 0 ? {} : { affinity: required }),
  };
  return sha256Hex(canonicalJson(hard)).slice(0, 24);
};
