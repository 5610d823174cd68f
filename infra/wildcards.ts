import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import * as z from 'zod';

const Ref = z.strictObject({ Ref: z.string() });
const GetAtt = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const Join = z.strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });
const Reference = z.union([
  z.string(),
  Ref.transform((value) => `<${value.Ref}>`),
  GetAtt.transform((value) => `<${value['Fn::GetAtt'].join('.')}>`),
  Join.transform((value): string => value['Fn::Join'][1].map(print).join(value['Fn::Join'][0])),
]);

/** A resolved resource as cdk-nag prints it: `<Ref>`, `<LogicalId.Attribute>`, joined. */
function print(value: unknown): string {
  return Reference.parse(value);
}

/**
 * Records why a grantee may have a resource with a wildcard in it. cdk-nag prints such a finding as
 * `AwsSolutions::AwsSolutions-IAM5[Resource::…]` with logical ids in it, which end in a hash and cannot be typed; so the exact id is
 * printed here from the resource itself.
 */
export function acknowledgeWildcard(grantee: IConstruct, resource: string, reason: string): void {
  const printed = print(Stack.of(grantee).resolve(resource));
  Validations.of(grantee).acknowledge({ id: `AwsSolutions::AwsSolutions-IAM5[Resource::${printed}]`, reason });
}
