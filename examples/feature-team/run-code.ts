import { stripTypeScriptTypes } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { createContext, Script } from 'node:vm';
import type { Pair, Requirements } from './feature.ts';

const timeLimitMs = 200;

/**
 * The pairs for which a function does not give what they say. It runs in a context of its own, with nothing but the
 * language in reach, and for a limited time.
 */
export function counterexamplesTo(code: string, { name }: Pick<Requirements, 'name'>, pairs: readonly Pair[]): Pair[] {
  const source = stripTypeScriptTypes(code).replace(/^export /m, '');
  const context = createContext(
    { pairs: JSON.stringify(pairs.map(({ input }) => input)) },
    { codeGeneration: { strings: false, wasm: false } },
  );
  const script = new Script(
    `${source}\nJSON.stringify(JSON.parse(pairs).map((input) => { try { return [${name}(...input)]; } catch { return []; } }))`,
  );
  const answers: unknown = JSON.parse(String(script.runInContext(context, { timeout: timeLimitMs })));
  if (!Array.isArray(answers)) return [...pairs];
  return pairs.filter(({ output }, index) => !isDeepStrictEqual(answers[index], [output]));
}
