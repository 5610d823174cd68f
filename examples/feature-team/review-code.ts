import { parseSync } from 'oxc-parser';
import { type AstNode, child, childList, isNode, text, walk } from '../code-review/analysers/ast.ts';
import type { Implementation, Pair, Requirements } from './feature.ts';
import { counterexamplesTo } from './run-code.ts';

/** What a reviewer says about one implementation. */
export interface Opinion {
  readonly findings: string[];
  readonly counterexamples: Pair[];
}

const allowedNames = new Set(['Math', 'String', 'undefined']);

/** Reads the code, then tries it on what the coder has not seen. */
export function reviewCode({ code }: Implementation, requirements: Requirements): Opinion {
  if (code === undefined) return { findings: ['there is no function of this size for the table'], counterexamples: [] };
  const findings = readCode(code, requirements);
  if (findings.length > 0) return { findings, counterexamples: [] };
  const counterexamples = counterexamplesTo(code, requirements, [...requirements.given, ...requirements.review]);
  return { findings: counterexamples.map((pair) => describe(requirements.name, pair)), counterexamples };
}

function describe(name: string, { input, output }: Pair): string {
  return `${name}(${input.map((value) => JSON.stringify(value)).join(', ')}) must be ${JSON.stringify(output)}`;
}

function readCode(code: string, { name, parameters }: Requirements): string[] {
  const { program, errors } = parseSync('feature.ts', code);
  if (errors.length > 0) return errors.map(({ message }) => `it does not parse: ${message}`);
  const root: unknown = program;
  const [statement, ...others] = isNode(root) ? childList(root, 'body') : [];
  const declared = child(statement, 'declaration');
  if (declared?.type !== 'FunctionDeclaration' || others.length > 0) return ['it must be one exported function'];
  const own = childList(declared, 'params').map((parameter) => text(parameter, 'name'));
  const asked = parameters.map((parameter) => parameter.name);
  return [
    ...(text(child(declared, 'id'), 'name') === name ? [] : [`it must be called ${name}`]),
    ...(own.join() === asked.join() ? [] : [`it must take ${asked.join(', ')}`]),
    ...strangeNames(declared, new Set([name, ...asked])).map((strange) => `it must not use ${strange}`),
  ];
}

/** Names that are neither parameters, own nor harmless: whatever could reach out of the function. */
function strangeNames(declared: AstNode, known: ReadonlySet<string>): string[] {
  const strange = new Set<string>();
  const local = new Set<string>();
  walk(declared, (node) => {
    if (node.type !== 'ArrowFunctionExpression') return;
    for (const parameter of childList(node, 'params')) local.add(text(parameter, 'name') ?? '');
  });
  walk(declared, (node, ancestors) => {
    const parent = ancestors.at(-1);
    const isMember =
      parent?.type === 'MemberExpression' && child(parent, 'property') === node && parent['computed'] !== true;
    const name = text(node, 'name') ?? '';
    if (isMember && ['constructor', '__proto__', 'prototype'].includes(name)) strange.add(name);
    if (node.type !== 'Identifier' || isMember) return;
    if (!known.has(name) && !local.has(name) && !allowedNames.has(name)) strange.add(name);
  });
  return [...strange];
}
