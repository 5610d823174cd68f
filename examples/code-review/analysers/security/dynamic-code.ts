import type { AstNode } from '../ast.ts';
import { child, childList, propertyName, stringValue, unwrap } from '../ast.ts';
import { readCall } from './calls.ts';
import type { Place } from './code-facts.ts';
import { isBuiltText, isExternalInput, isFixed } from './code-facts.ts';
import type { Danger } from './danger.ts';
import { programText } from './program-text.ts';
import { isRequestText } from './request-text.ts';

const CODE_RUNNERS = new Set([
  'global:eval',
  'global:Function',
  'global:execScript',
  'vm.runInThisContext',
  'vm.runInNewContext',
  'vm.runInContext',
  'vm.compileFunction',
  'vm.Script',
  'vm.SourceTextModule',
]);
const TIMERS = new Set(['global:setTimeout', 'global:setInterval', 'global:setImmediate']);
const WORKERS = new Set(['worker_threads.Worker']);

/** Text that becomes code: given to eval and its like, a timer, a worker, or an interpreter's command line. */
export function dynamicCode(node: AstNode, place: Place): Danger | undefined {
  const call = readCall(node, place);
  if (call === undefined) return undefined;
  const { name, parameters } = call;
  const open = codeOf(name, parameters, place).find((each) => !isFixed(each, place));
  if (open !== undefined) return danger(name, open, place);
  return name === 'global:require' ? loadedCode(parameters[0], place) : undefined;
}

/** A module whose name a request decides; a name put together below a folder is common and bounded. */
export function loadedCode(specifier: AstNode | undefined, place: Place): Danger | undefined {
  return specifier !== undefined && isRequestText(specifier, place) ? danger('import', specifier, place) : undefined;
}

function codeOf(name: string, parameters: readonly AstNode[], place: Place): readonly AstNode[] {
  // Only the last argument of Function is code, but the parameter names are code as well.
  if (name === 'global:Function') return parameters;
  const [first] = parameters;
  if (first === undefined) return [];
  if (CODE_RUNNERS.has(name)) return [first];
  if (TIMERS.has(name)) return isBuiltText(first, place) || isRequestText(first, place) ? [first] : [];
  if (WORKERS.has(name)) return parameters.some(evaluates) ? [first] : [];
  return programText(name, parameters, 'code');
}

function evaluates(options: AstNode): boolean {
  return childList(unwrap(options), 'properties').some(
    (property) => propertyName(property) === 'eval' && child(property, 'value')?.['value'] === true,
  );
}

function danger(name: string, open: AstNode, place: Place): Danger {
  const shown = name.replace('global:', '');
  const what =
    stringValue(open) === undefined && name === 'import'
      ? 'loads what a request names'
      : 'runs text that is not fixed in the program';
  return {
    rule: 'security/dynamic-code',
    severity: isExternalInput(open, place) ? 'critical' : 'high',
    message: `${shown} ${what}: whoever supplies the text runs code here`,
  };
}
