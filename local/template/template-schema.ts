import * as z from 'zod';

const Resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});

const Parameter = z.looseObject({ Type: z.string(), Default: z.unknown().optional() });

const Output = z.looseObject({ Value: z.unknown(), Condition: z.string().optional() });

/** A CloudFormation template as `cdk synth` writes it: only what this platform reads. */
export const Template = z.looseObject({
  Parameters: z.record(z.string(), Parameter).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), Resource),
  Outputs: z.record(z.string(), Output).default({}),
});
export type Template = z.infer<typeof Template>;
