import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Config } from '#infra/config/config.ts';
import { MusterStack } from '#infra/muster-stack.ts';
import { createApp } from './assemblies.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- a template is open JSON, and every look at it here is an assertion
export type Anything = any;

/** A resource of a template, with what tests look at. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Anything;
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
}
export type Resources = Record<string, Resource>;

/** Builds the stack around a function that does nothing: what is bundled into it does not matter to its properties. */
export function build(context: Record<string, unknown> = {}): { app: App; stack: MusterStack } {
  const directory = mkdtempSync(join(tmpdir(), 'muster-infra-test-'));
  try {
    writeFileSync(join(directory, 'index.mjs'), 'export const handler = async () => {};\n');
    const app = createApp();
    const config = Config.parse(context);
    const stack = new MusterStack(app, config.stackName, {
      config,
      code: { codeOf: () => Code.fromAsset(directory) },
    });
    return { app, stack };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The resources of the synthesised template. */
export function synthesise(context: Record<string, unknown> = {}): Resources {
  return Template.fromStack(build(context).stack).toJSON()['Resources'];
}

/** The resources of one type, by logical id. */
export function ofType(resources: Resources, type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

/** Every logical id that a value refers to. */
export function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return Object.entries(value).flatMap(([key, member]) => {
    if (key === 'Ref') return [String(member)];
    if (key === 'Fn::GetAtt' && Array.isArray(member)) return [String(member[0])];
    return referencesIn(member);
  });
}
