import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '#cli/program.ts';
import { surroundingsOf } from '#cli/surroundings.ts';
import { Administrator, Agent, Client, Messages, Operator } from '#sdk/index.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const readme = await readFile(join(repository, 'sdk', 'README.md'), 'utf8');

/** What the document's snippets have around them. A snippet that declares a name itself uses its own. */
const around = `import type { Agent, Client, Json, Operator, RunView } from '@muster/sdk';
declare global {
  const agent: Agent;
  const client: Client;
  const operator: Operator;
  const run: RunView;
  const apiKey: string;
  const lastSeq: number;
  const handle: (content: Json) => unknown;
  const note: (topic: string | undefined, content: Json) => unknown;
}
`;

const compilerOptions = {
  target: 'ES2024',
  module: 'NodeNext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  typeRoots: [join(repository, 'node_modules', '@types')],
  types: ['node'],
  paths: { '@muster/sdk': [join(repository, 'sdk', 'src', 'index.ts')] },
};

let work: string;
beforeAll(async () => void (work = await mkdtemp(join(tmpdir(), 'muster-readme-'))));
afterAll(() => rm(work, { recursive: true, force: true }));

describe("the SDK's README", () => {
  it('prints code whose types hold', async () => {
    const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThan(8);
    const files = blocks.map((block, position) => ({ name: `block-${position}.mts`, text: `${block}export {};\n` }));
    files.push({ name: 'around.mts', text: around });
    for (const { name, text } of files) await writeFile(join(work, name), text);
    const config = { compilerOptions, files: files.map(({ name }) => name) };
    await writeFile(join(work, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(repository, 'node_modules', '.bin', 'tsc');
    const { stdout, status } = spawnSync(tsc, ['-p', join(work, 'tsconfig.json')], { encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
    // The compiler reads the types of all packages: seconds where nothing else runs, many where much does.
  }, 90_000);

  it.each([
    ['Client', Client],
    ['Operator', Operator],
    ['Administrator', Administrator],
    ['Messages', Messages],
    ['Agent', Agent],
  ])('names every method of %s', (_name, { prototype }) => {
    // What the package alone calls, and what goes without saying.
    const unsaid = ['constructor', 'hold', 'connected', 'settle', 'take', 'watch', 'agentId', 'isConnected'];
    const methods = Object.getOwnPropertyNames(prototype).filter((name) => !unsaid.includes(name));
    expect(methods.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme))).toEqual([]);
  });

  it('lists every command', () => {
    const program = createProgram('1.2.3', { surroundings: surroundingsOf('muster'), onExit: () => undefined });
    const shown = program.commands.filter((command) => command.name() !== 'complete');
    const names = shown.flatMap((command) =>
      command.commands.length === 0
        ? [[command.name()]]
        : command.commands.map((child) =>
            [command.name(), ...command.aliases()].map((group) => `${group} ${child.name()}`),
          ),
    );
    const listed = new Set(listedCommands());
    expect(names.filter((spellings) => !spellings.some((name) => listed.has(name)))).toEqual([]);
  });
});

/** Of the table: `run ls\|show` is `run ls` and `run show`; `completion bash\|zsh` and `dev` also stand for themselves. */
const listedCommands = (): string[] => {
  const rows = [...readme.matchAll(/^\| (`[a-z].*?`) +\| /gm)].map(([, cell = '']) => cell.replaceAll('\\|', '|'));
  const spellings = rows.flatMap((cell) => [...cell.matchAll(/`([a-z]+)(?: ([^`]+))?`/g)]);
  return spellings.flatMap(([, first = '', rest]) => [
    first,
    ...(rest?.split('|').map((child) => `${first} ${child}`) ?? []),
  ]);
};
