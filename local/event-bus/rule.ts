import * as z from 'zod';
import { AwsError } from '../contract.ts';

/** A rule's target in the shape of PutTargets and of CloudFormation. Parameters of other target types are refused. */
export const RuleTarget = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  RoleArn: z.string().optional(),
  Input: z.string().optional(),
  InputPath: z.string().optional(),
  InputTransformer: z
    .strictObject({ InputPathsMap: z.record(z.string(), z.string()).optional(), InputTemplate: z.string() })
    .optional(),
  SqsParameters: z.strictObject({ MessageGroupId: z.string().optional() }).optional(),
  RetryPolicy: z
    .strictObject({
      MaximumRetryAttempts: z.number().int().min(0).max(185).optional(),
      MaximumEventAgeInSeconds: z.number().int().min(60).max(86_400).optional(),
    })
    .optional(),
  DeadLetterConfig: z.strictObject({ Arn: z.string().optional() }).optional(),
});
export type RuleTarget = z.infer<typeof RuleTarget>;

/** What {@link EventBus.addRule} takes. `eventPattern` is JSON text or the parsed object of a template. */
export interface NewRule {
  readonly name: string;
  readonly arn: string;
  readonly busArn: string;
  readonly eventPattern?: unknown;
  readonly scheduleExpression?: string | undefined;
  readonly state?: string | undefined;
  readonly targets: readonly unknown[];
}

const targetServices = ['sqs', 'lambda', 'states', 'events'] as const;

/** The services a rule can deliver to here. */
export type TargetService = (typeof targetServices)[number];

/** @throws AwsError `ValidationException` for a target type that this bus does not deliver to */
export function targetService(arn: string): TargetService {
  const service = arn.split(':')[2];
  const known = targetServices.find((candidate) => candidate === service);
  if (known === undefined) {
    throw new AwsError('ValidationException', `Targets of this type are not supported by the local bus: ${arn}`);
  }
  return known;
}

/** @throws AwsError `ValidationException` naming the field when a target is not one this bus can deliver to */
export function parseTargets(targets: readonly unknown[], ruleName: string): readonly RuleTarget[] {
  return targets.map((candidate) => {
    const parsed = RuleTarget.safeParse(candidate);
    if (!parsed.success) {
      const reason = z.prettifyError(parsed.error);
      throw new AwsError('ValidationException', `A target of rule ${ruleName} is not supported: ${reason}`);
    }
    targetService(parsed.data.Arn);
    const inputs = [parsed.data.Input, parsed.data.InputPath, parsed.data.InputTransformer];
    if (inputs.filter((input) => input !== undefined).length > 1) {
      const message = `Only one of Input, InputPath, or InputTransformer must be provided for target ${parsed.data.Id}.`;
      throw new AwsError('ValidationException', message);
    }
    return parsed.data;
  });
}
