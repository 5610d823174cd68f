import type { AstNode } from '../ast.ts';
import { child, childList, propertyName, text, unwrap } from '../ast.ts';
import { type Call, readCall } from './calls.ts';
import type { Place } from './code-facts.ts';
import { isExternalInput, isFixed } from './code-facts.ts';
import type { Danger } from './danger.ts';
import { programText, SPAWN_CALLS } from './program-text.ts';
import { isRequestText } from './request-text.ts';

const SHELL_CALLS = new Set([
  'child_process.exec',
  'child_process.execSync',
  'shelljs.exec',
  'execa.execaCommand',
  'execa.execaCommandSync',
  'execa.command',
]);

/** A command for a shell that is put together from what is not fixed, or a program that a request chooses. */
export function shellCommand(node: AstNode, place: Place): Danger | undefined {
  const call = readCall(node, place);
  if (call === undefined) return undefined;
  const open = commandOf(call, place).find((each) => !isFixed(each, place));
  if (open !== undefined) {
    return danger(
      open,
      place,
      `${call.name} gives text that is not fixed to a shell: pass the parts as an argument list to execFile or spawn`,
    );
  }
  const [program] = call.parameters;
  if (program === undefined || !SPAWN_CALLS.has(call.name) || !isRequestText(program, place)) return undefined;
  return danger(program, place, `${call.name} starts a program that a request chooses: choose from a list of your own`);
}

function danger(open: AstNode, place: Place, message: string): Danger {
  const severity = isExternalInput(open, place) ? 'critical' : 'high';
  return { rule: 'security/command-injection', severity, message };
}

function commandOf({ name, parameters }: Call, place: Place): readonly AstNode[] {
  if (SHELL_CALLS.has(name)) return parameters.slice(0, 1);
  if (!SPAWN_CALLS.has(name)) return [];
  if (!parameters.some((each) => runsShell(each, place))) return programText(name, parameters, 'shell');
  return parameters.filter((each) => unwrap(each)?.type !== 'ObjectExpression');
}

function runsShell(node: AstNode, place: Place): boolean {
  const options = unwrap(node);
  if (options?.type === 'Identifier') {
    const values = place.scopes.resolve(text(options, 'name') ?? '', place.ancestors)?.values ?? [];
    return values.some((value) => value.type === 'ObjectExpression' && runsShell(value, place));
  }
  return childList(options, 'properties').some(
    (property) => propertyName(property) === 'shell' && child(property, 'value')?.['value'] !== false,
  );
}
