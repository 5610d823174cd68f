import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { TemplateError } from './errors.ts';
import { Template } from './template-schema.ts';

const Artifact = z.looseObject({
  type: z.string(),
  displayName: z.string().optional(),
  properties: z
    .looseObject({ templateFile: z.string().optional(), file: z.string().optional(), stackName: z.string().optional() })
    .optional(),
});
const Manifest = z.looseObject({ artifacts: z.record(z.string(), Artifact).default({}) });
const AssetManifest = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

/** A stack of a cloud assembly with the files its template points at. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** Path of an asset on disk (a file or an unpacked directory) by the object key that the template uses for it. */
  readonly assets: ReadonlyMap<string, string>;
}

/**
 * Reads the directory that `cdk synth` wrote.
 * @throws {@link TemplateError} when there is no stack, or several and `stackName` names none of them.
 */
export function readAssembly(directory: string, stackName?: string): Assembly {
  const artifacts = Object.entries(Manifest.parse(readJson(join(directory, 'manifest.json'))).artifacts);
  const stacks = artifacts
    .filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack')
    .map(([id, artifact]) => ({
      id,
      name: artifact.properties?.stackName ?? id,
      file: artifact.properties?.templateFile ?? `${id}.template.json`,
    }));
  const wanted = stackName === undefined ? stacks : stacks.filter((stack) => stack.name === stackName);
  const [stack, ...others] = wanted;
  if (stack === undefined || others.length > 0) {
    const names = stacks.map((one) => one.name).join(', ') || 'none';
    throw new TemplateError(`${directory} must hold one stack, or name one of those it holds (${names})`);
  }
  const assets = new Map<string, string>();
  for (const [, artifact] of artifacts) {
    const file = artifact.type === 'cdk:asset-manifest' ? artifact.properties?.file : undefined;
    if (file !== undefined) addAssets(directory, file, assets);
  }
  return { stackName: stack.name, template: Template.parse(readJson(join(directory, stack.file))), assets };
}

function addAssets(directory: string, file: string, assets: Map<string, string>): void {
  for (const { source, destinations } of Object.values(AssetManifest.parse(readJson(join(directory, file))).files)) {
    if (source.path === undefined) continue;
    for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(directory, source.path));
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new TemplateError(`cannot read ${path} (is this the output directory of cdk synth?)`, { cause });
  }
}
