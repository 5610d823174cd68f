import { type CompiledPattern, compilePattern } from '#event-pattern/compile-pattern.ts';
import type { Json } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';

/** Of a few tenants all; compiled again is only slower. */
const mostRemembered = 2 * limits.triggersPerTenant;

const remembered = new Map<string, CompiledPattern>();

/** A pattern compiled, once for as long as an environment remembers it: the same pattern always means the same. */
export const rememberedPattern = (pattern: Readonly<Record<string, Json>>): CompiledPattern => {
  const text = JSON.stringify(pattern);
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const compiled = compilePattern(text);
  remembered.set(text, compiled);
  const oldest = remembered.size > mostRemembered ? remembered.keys().next().value : undefined;
  if (oldest !== undefined) remembered.delete(oldest);
  return compiled;
};
