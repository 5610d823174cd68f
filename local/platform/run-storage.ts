import { join } from 'node:path';
import * as z from 'zod';
import { GenerateSecretString, generateSecret } from '../secrets/generate-secret.ts';
import type { StackResource } from '../template/load-stack.ts';
import { parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

/** Where secrets are kept below the platform's directory. */
export const secretsFile = (directory: string): string => join(directory, 'secrets.sqlite');

/** Creates a bucket; one that the data directory already holds keeps its objects. */
export async function runBucket(resource: StackResource, parts: PlatformParts): Promise<void> {
  await parts.queues.createBucket(resource.physicalId);
}

const SecretProperties = z.looseObject({
  Description: z.string().optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: GenerateSecretString.optional(),
});

/** Declares a secret; a generated value is made once and kept. */
export function runSecret(resource: StackResource, parts: PlatformParts): void {
  const properties = parseProperties(SecretProperties, resource);
  parts.secrets.addSecret({
    name: resource.physicalId,
    arn: resource.ref,
    description: properties.Description,
    declaredValue: properties.SecretString,
    initialValue: () =>
      properties.SecretString ?? generateSecret(properties.GenerateSecretString ?? GenerateSecretString.parse({})),
  });
}

const ParameterProperties = z.looseObject({ Type: z.string(), Value: z.string() });

/** Declares a parameter of the Parameter Store. */
export function runParameter(resource: StackResource, parts: PlatformParts): void {
  const { Type: type, Value: value } = parseProperties(ParameterProperties, resource);
  parts.parameters.addParameter({ name: resource.physicalId, type, value });
}
