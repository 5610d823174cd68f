import { createHash } from 'node:crypto';

/** A stable token for a resource: the same stack and logical id give the same one at every start. */
export function stableToken(seed: string, length: number, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'): string {
  const digest = createHash('sha512').update(seed).digest();
  return Array.from(digest.subarray(0, length), (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

/** Longest generated name by type. @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html */
const longest: Record<string, number> = {
  'AWS::S3::Bucket': 63,
  'AWS::Lambda::Function': 64,
  'AWS::IAM::Role': 64,
  'AWS::Events::Rule': 64,
  'AWS::Scheduler::Schedule': 64,
  'AWS::SQS::Queue': 80,
  'AWS::StepFunctions::StateMachine': 80,
};

/** The name CloudFormation would give a resource that names itself nothing: `Stack-LogicalId-HASH`. */
export function generatedName(stackName: string, logicalId: string, type: string): string {
  const suffix = stableToken(`${stackName}/${logicalId}`, 12);
  const limit = longest[type] ?? 128;
  const room = limit - suffix.length - 1;
  const name = `${`${stackName}-${logicalId}`.slice(0, room)}-${suffix}`;
  return type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
}

/** An id as API Gateway makes them: ten lower-case letters and digits. */
export function generatedId(stackName: string, logicalId: string): string {
  return stableToken(`${stackName}/${logicalId}`, 10, 'abcdefghijklmnopqrstuvwxyz0123456789');
}
