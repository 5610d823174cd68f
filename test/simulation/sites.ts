import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Call sites as they are: to format them as text would take longer than the call that is asked about. */
const callSites = (): readonly NodeJS.CallSite[] => {
  const before = { prepareStackTrace: Error.prepareStackTrace?.bind(Error), stackTraceLimit: Error.stackTraceLimit };
  Error.stackTraceLimit = 10;
  Error.prepareStackTrace = (_error, sites) => sites;
  const { stack } = new Error('where');
  Object.assign(Error, before);
  return Array.isArray(stack) ? stack : [];
};

const coreFile = /\/core\/[^?]+\.ts/;

/**
 * Where in core a port call comes from, from the stack of the call. The first frame that lies in core is the caller:
 * port methods are called synchronously.
 */
export const siteOf = (operation: string): string => {
  const caller = callSites().find((site) => coreFile.test(site.getFileName() ?? ''));
  if (caller === undefined) return `(harness) ${operation}`;
  const place = `${caller.getFileName() ?? ''}:${caller.getLineNumber() ?? 0}`;
  const site = known.get(place) ?? place.slice(place.lastIndexOf('/core/') + '/core/'.length);
  known.set(place, site);
  return `${site} ${operation}`;
};
