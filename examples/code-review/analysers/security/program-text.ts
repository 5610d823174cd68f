import type { AstNode } from '../ast.ts';
import { childList, stringValue, unwrap } from '../ast.ts';

/** Calls that start a program with a list of arguments. */
export const SPAWN_CALLS: ReadonlySet<string> = new Set([
  'child_process.spawn',
  'child_process.spawnSync',
  'child_process.execFile',
  'child_process.execFileSync',
  'execa',
  'execa.execa',
  'execa.execaSync',
]);

type Language = 'shell' | 'code';

const PROGRAMS: readonly { readonly language: Language; readonly name: RegExp; readonly flag: RegExp }[] = [
  { language: 'shell', name: /^(?:ba|z|da|k|a)?sh$/, flag: /^-\w*c$/ },
  { language: 'shell', name: /^cmd(?:\.exe)?$/i, flag: /^\/[ck]$/i },
  { language: 'shell', name: /^(?:powershell|pwsh)(?:\.exe)?$/i, flag: /^-(?:c|command)$/i },
  { language: 'code', name: /^(?:node|bun|deno|ruby|perl)$/, flag: /^(?:-e|-p|-pe|--eval|--print|eval)$/ },
  { language: 'code', name: /^python[\d.]*$/, flag: /^-c$/ },
];

/** The text that a started interpreter is told to run: what follows `-c` of a shell, or `-e` of another language. */
export function programText(call: string, parameters: readonly AstNode[], language: Language): readonly AstNode[] {
  if (!SPAWN_CALLS.has(call)) return [];
  const name = stringValue(parameters[0])?.replace(/^.*[/\\]/, '') ?? '';
  const program = PROGRAMS.find((each) => each.language === language && each.name.test(name));
  const list = childList(unwrap(parameters[1]), 'elements');
  const flag = list.findIndex((each) => program?.flag.test(stringValue(each) ?? '') === true);
  return flag === -1 ? [] : list.slice(flag + 1, flag + 2);
}
