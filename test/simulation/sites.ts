import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const coreFolder = fileURLToPath(new URL('../../core/', import.meta.url));
const call = /services\.(table|sockets|queues|executions|events|payloads)\.(\w+)\(/g;

/** Every place in core that calls a port: `tasks/end-task.ts:82 table.update`. */
export const listSites = (): readonly string[] =>
  readdirSync(coreFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
    .flatMap((file) =>
      readFileSync(join(coreFolder, file), 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          [...line.matchAll(call)].map((match) => `${file}:${index + 1} ${match[1]}.${match[2]}`),
        ),
    );

const known = new Map<string, string>();
const frameOf = /(?:file:\/\/)?(\/[^\s()]*\/core\/[^\s():?]+\.ts)[^\s():]*:(\d+):\d+/;

/**
 * Where in core a port call comes from, from the stack of the call. The first frame that lies in core is the caller:
 * port methods are called synchronously.
 */
export const siteOf = (operation: string): string => {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 8;
  const stack = new Error(operation).stack ?? '';
  Error.stackTraceLimit = before;
  const remembered = known.get(stack);
  if (remembered !== undefined) return remembered;
  const [, file, line] = frameOf.exec(stack) ?? [];
  const site = file === undefined ? `(harness) ${operation}` : `${relative(coreFolder, file)}:${line} ${operation}`;
  known.set(stack, site);
  return site;
};
