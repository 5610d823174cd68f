import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundleOptions } from '#infra/bundle.ts';
import { type FunctionName, type FunctionSpec, functionNames, functionSpecs } from '#infra/config/functions.ts';

/** What code asks of a port, and what its role must allow for it; answering tokens has no actions of its own. */
const needed: Readonly<Record<string, string>> = {
  'table.get': 'table GetItem',
  'table.getMany': 'table BatchGetItem',
  'table.put': 'table PutItem',
  'table.update': 'table UpdateItem',
  'table.remove': 'table DeleteItem',
  'table.writeMany': 'table BatchWriteItem',
  'table.query': 'table Query',
  'index: "backlog"': 'index backlog',
  'index: "list"': 'index list',
  'index: "sweep"': 'index sweep',
  'queues.sendTasks': 'send tasks',
  'queues.sendTimer': 'send timers',
  'queues.sendEffect': 'send effects',
  'sockets.post': 'pushes',
  'sockets.close': 'closes',
  'executions.start': 'execution Start',
  'executions.stop': 'execution Stop',
  'executions.status': 'execution Describe',
  'executions.succeed': 'answersTokens',
  'executions.fail': 'answersTokens',
  'events.publish': 'publishes',
  'payloads.get': 'payload Get',
  'payloads.readUrl': 'payload Get',
  'payloads.put': 'payload Put',
  'payloads.uploadUrl': 'payload Put',
  'vault.read': 'secrets',
  'secrets.bootstrapSecret': 'authenticates',
  'schedules.put': 'schedules',
  'schedules.remove': 'schedules',
};

/** What is in a bundle and cannot be reached there. Strict: an entry for what is granted or gone fails. */
const unreachable: Readonly<Partial<Record<FunctionName, Readonly<Record<string, string>>>>> = {
  'http/events': { 'table PutItem': 'Its routes only read: nothing to keep for a repeat, nothing to audit.' },
  'http/specs': { 'table PutItem': 'Its routes only read: nothing to keep for a repeat, nothing to audit.' },
  'http/payloads': { 'table PutItem': 'Its one route is answered afresh each time and changes nothing.' },
  'websocket/secret': { 'table UpdateItem': 'What an agent asks for its work counts against no rate.' },
  'http/access': { 'table Query': 'It queries the index of lists alone.' },
  'http/workflows': {
    'payload Get': 'Outputs of stages are read in runs; what a definition would do is planned without any.',
    'payload Put': 'Outputs of stages are kept in runs; what a definition would do is planned without any.',
  },
};

const { outputFiles } = await build({
  ...bundleOptions,
  // As it is deployed, but with the names by which calls are found.
  minify: false,
  minifySyntax: true,
  sourcemap: false,
  entryPoints: Object.fromEntries(functionNames.map((name) => [`${name}/index`, `functions/${name}.ts`])),
});

/** The lines that come from core and functions; adapters speak of everything that their service can do. */
const ownLines = (text: string): readonly string[] => {
  let file = '';
  return text.split('\n').filter((line) => {
    file = /^\/\/ (\S+\.\w+)$/.exec(line)?.[1] ?? file;
    // It builds the ports, each with everything that it has.
    return /^(core|functions)\//.test(file) && file !== 'functions/runtime/ports.ts';
  });
};

const wordOf = (call: string): RegExp => new RegExp(`\\b${call}${call.startsWith('index') ? '' : '\\('}`);

const reachedBy = (name: FunctionName): ReadonlySet<string> => {
  const text = outputFiles.find(({ path }) => path.endsWith(`${name}/index.mjs`))?.text ?? '';
  const lines = ownLines(text).join('\n');
  return new Set(Object.entries(needed).flatMap(([call, need]) => (wordOf(call).test(lines) ? [need] : [])));
};

const flags = ['pushes', 'closes', 'answersTokens', 'publishes', 'schedules', 'secrets', 'authenticates'] as const;

const allowedTo = ({ access }: FunctionSpec): readonly string[] => [
  ...(access.table ?? []).map((action) => `table ${action}`),
  ...(access.indexes ?? []).map((index) => `index ${index}`),
  ...(access.sends ?? []).map((queue) => `send ${queue}`),
  ...(access.executions ?? []).map((action) => `execution ${action}`),
  ...(access.payloads ?? []).map((action) => `payload ${action}`),
  ...flags.filter((flag) => access[flag] === true),
];

describe('the access of a function', () => {
  it.each(functionNames)('%s is what its code can ask of its ports, no more and no less', (name) => {
    const exceptions = Object.keys(unreachable[name] ?? {});
    const reached = reachedBy(name);
    expect(exceptions.filter((one) => !reached.has(one))).toEqual([]);
    expect(allowedTo(functionSpecs[name]).toSorted()).toEqual(
      [...reached].filter((one) => !exceptions.includes(one)).toSorted(),
    );
  });

  it('is looked for by names that some code has', () => {
    const everywhere = new Set(functionNames.flatMap((name) => [...reachedBy(name)]));
    expect(Object.values(needed).filter((need) => !everywhere.has(need))).toEqual([]);
  });
});
