import { join } from 'node:path';
import * as z from 'zod';
import type { CorsRule } from '../front-door/s3-cors.ts';
import { GenerateSecretString, generateSecret } from '../secrets/generate-secret.ts';
import type { StackResource } from '../template/load-stack.ts';
import { NumberLike, parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

/** Where secrets are kept below the platform's directory. */
export const secretsFile = (directory: string): string => join(directory, 'secrets.sqlite');

const BucketProperties = z.looseObject({
  CorsConfiguration: z
    .looseObject({
      CorsRules: z.array(
        z.looseObject({
          AllowedOrigins: z.array(z.string()),
          AllowedMethods: z.array(z.string()),
          AllowedHeaders: z.array(z.string()).default([]),
          ExposedHeaders: z.array(z.string()).default([]),
          MaxAge: NumberLike.optional(),
        }),
      ),
    })
    .optional(),
});

/** The CORS rules of a bucket. */
export function corsRulesOf(resource: StackResource): readonly CorsRule[] {
  const { CorsConfiguration: configuration } = parseProperties(BucketProperties, resource);
  return (configuration?.CorsRules ?? []).map((rule) => ({
    allowedOrigins: rule.AllowedOrigins,
    allowedMethods: rule.AllowedMethods,
    allowedHeaders: rule.AllowedHeaders,
    exposedHeaders: rule.ExposedHeaders,
    maxAgeSeconds: rule.MaxAge,
  }));
}

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
