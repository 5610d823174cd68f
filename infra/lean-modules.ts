import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Code that says at its call, not before, what the bundle was made without. */
const refusal = (what: string): string => `throw new Error('This bundle was made without ${what}.');`;

/** Modules that no function comes to, and what stands in their place. */
const absent: Readonly<Record<string, string>> = {
  // No operation of ours streams; the protocols load it when one does.
  '@smithy/core/event-streams': refusal('event streams'),
  // A client of DynamoDB makes one, and uses it for endpoint discovery alone, which no command here asks for.
  '@aws-sdk/endpoint-cache': 'export class EndpointCache {}',
};

/** Files that no function comes to, by the end of their path, and what stands in their place. */
const absentFiles: readonly (readonly [path: RegExp, contents: string])[] = [
  // For where there is no node:crypto.
  [/@smithy\/core\/.*\/sha256\/Sha256Js\.js$/, 'export const Sha256Js = undefined;'],
  [/@smithy\/core\/.*\/md5\/Md5Js\.js$/, 'export const Md5Js = undefined;'],
  // Every client is made with the retry mode `standard`.
  [
    /@smithy\/core\/.*\/util-retry\/AdaptiveRetryStrategy\.js$/,
    `export class AdaptiveRetryStrategy { constructor() { ${refusal('adaptive retries')} } }`,
  ],
];

/** Packages that do nothing when they are loaded but do not say so: who does not use them need not carry them. */
const quiet = /^aws-jwt-verify/;

/**
 * Schemas check here. That they can be described as well, for which zod carries a second half of each kind, is for
 * `scripts/specs`, which is not bundled.
 *
 * @throws Error when zod is written otherwise: a new version wants a look at this.
 */
const withoutDescriptions = (source: string): string => {
  const lean = source.replaceAll(/^ *inst\._zod\.processJSONSchema = .*;$/gm, '').replace(
    /^import \{ createStandardJSONSchemaMethod, createToJSONSchemaMethod \} .*$/m,
    `const createStandardJSONSchemaMethod = () => () => { ${refusal('JSON Schema')} };
       const createToJSONSchemaMethod = createStandardJSONSchemaMethod;`,
  );
  if (/to-json-schema|Processor\(/.test(lean))
    throw new Error('zod describes its schemas in another way than expected');
  return lean;
};

/** A client reads its version, for the user agent, and carries the whole file. */
const versionOnly = (source: string): string =>
  source.replaceAll(/^(?! *"version"|[{}]).*$/gm, '').replace(/",\s*}/, '"}');

/**
 * Every error of a service has a class and a schema, whatever the commands that are used. Without them it is the service's own
 * exception of the same name, message and metadata, and by its name adapters know it. Only of a refused condition is more
 * read: the item that refused it. Computed keys are written out, for what may call code when it is loaded is never left out.
 */
const withoutErrorClasses = (source: string): string => {
  const texts = new Map([...source.matchAll(/^const (_\w+) = ("[^"]*");$/gm)].map(([, name, text]) => [name, text]));
  return source
    .replaceAll(
      /^\w+_registry\.registerError\((?!ConditionalCheckFailedException\$|\w+ServiceException\$)\w+\$, \w+\);$/gm,
      '',
    )
    .replaceAll(/\[(_\w+)\]:/g, (key, name: string) => (texts.has(name) ? `${texts.get(name)}:` : key));
};

/** Leaves out of a bundle what its libraries bring and no function comes to. */
export const leanModules: Plugin = {
  name: 'lean-modules',
  setup: (build) => {
    build.onResolve({ filter: new RegExp(`^(${Object.keys(absent).join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'absent',
      sideEffects: false,
    }));
    build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({ contents: absent[path] ?? '' }));
    build.onResolve({ filter: quiet }, async ({ path, pluginData, ...from }) => {
      if (pluginData === quiet) return undefined;
      const { path: found, errors } = await build.resolve(path, { ...from, pluginData: quiet });
      return errors.length > 0 ? { errors } : { path: found, sideEffects: false };
    });
    for (const [filter, contents] of absentFiles) build.onLoad({ filter }, () => ({ contents }));
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]classic[\\/]schemas\.js$/ }, async ({ path }) => ({
      contents: withoutDescriptions(await readFile(path, 'utf8')),
    }));
    build.onLoad(
      { filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ },
      async ({ path }) => ({
        contents: withoutErrorClasses(await readFile(path, 'utf8')),
      }),
    );
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/ }, async ({ path }) => ({
      contents: versionOnly(await readFile(path, 'utf8')),
      loader: 'json',
    }));
  },
};
