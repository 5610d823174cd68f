import { existsSync, readdirSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { closest } from '../../../core/contract/closest.ts';
import { lookForCheckout } from '../checkout.ts';
import { CliError } from '../failure.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Template, templates } from './templates.ts';

/** What `--type` names: a template of this command, or a program that is an agent. */
export type AgentType =
  | { readonly kind: 'template'; readonly name: string; readonly template: Template }
  | { readonly kind: 'program'; readonly name: string; readonly file: string; readonly node: string };

const listFolders = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    : [];

/** The agents of the checkout's examples, `code-review/syntax`; none without a checkout. */
export const exampleAgents = (surroundings: Pick<Surroundings, 'env' | 'directory'>): string[] => {
  const checkout = lookForCheckout(surroundings);
  if (checkout === undefined) return [];
  return listFolders(join(checkout, 'examples')).flatMap((example) => {
    const folder = join(checkout, 'examples', example, 'agents');
    const files = existsSync(folder) ? readdirSync(folder) : [];
    return files.filter((file) => file.endsWith('.ts')).map((file) => `${example}/${basename(file, '.ts')}`);
  });
};

const ofExample = (type: string, surroundings: Surroundings): AgentType | undefined => {
  const checkout = lookForCheckout(surroundings);
  if (checkout === undefined || !exampleAgents(surroundings).includes(type)) return undefined;
  const [example = '', agent = ''] = type.split('/');
  const own = join(checkout, 'node_modules', '.bin', 'node');
  return {
    kind: 'program',
    name: agent,
    file: join(checkout, 'examples', example, 'agents', `${agent}.ts`),
    // Examples are TypeScript, which not every Node runs.
    node: existsSync(own) ? own : process.execPath,
  };
};

const ofFile = (type: string, { directory }: Surroundings): AgentType | undefined => {
  const isPath = type.startsWith('./') || type.startsWith('../') || isAbsolute(type);
  if (!isPath) return undefined;
  const file = resolve(directory, type);
  if (!existsSync(file)) throw new CliError(`--type: ${file} is not there.`);
  return { kind: 'program', name: basename(file).replace(/\.\w+$/, ''), file, node: process.execPath };
};

/** What a type means. @throws {@link CliError} with the types that there are */
export const findAgentType = (type: string, surroundings: Surroundings): AgentType => {
  const template = Object.hasOwn(templates, type) ? templates[type] : undefined;
  if (template !== undefined) return { kind: 'template', name: type, template };
  const found = ofFile(type, surroundings) ?? ofExample(type, surroundings);
  if (found !== undefined) return found;
  const near = closest(type, [...Object.keys(templates), ...exampleAgents(surroundings)]);
  throw new CliError(`There is no type of agent ${type}.`, {
    hint:
      near === undefined
        ? '`muster agent types` lists them; ./agent.mjs runs a file of yours.'
        : `Did you mean ${near}?`,
  });
};
