import { Duration, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { limits } from '#core/contract/limits.ts';
import type { Retention } from '#core/contract/retention.ts';
import type { StageSettings } from '#infra/config/config.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import { acknowledgeWildcard } from '#infra/wildcards.ts';

/** It may start a week ahead and take a week. */
const longestTaskDays = Math.ceil((limits.maxDelayMs / 1000 + limits.maxTaskTimeoutSeconds) / 86_400);

export interface PayloadsProps {
  readonly settings: StageSettings;
  readonly retention: Retention;
  /** Origins whose pages may use presigned addresses. */
  readonly origins: readonly string[];
}

/**
 * Payloads too large for a frame. They live as long as the tasks that name them. A stack of stage `dev` that goes away
 * leaves a bucket that is not empty: emptying it would take a custom resource.
 */
export class Payloads extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: PayloadsProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: props.settings.removalPolicy,
      lifecycleRules: [
        {
          // A payload is older than the end of its task by as much as that may take.
          expiration: Duration.days(props.retention.ended + longestTaskDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      cors: [
        {
          allowedMethods: [HttpMethods.GET, HttpMethods.PUT],
          allowedOrigins: [...props.origins],
          allowedHeaders: ['*'],
          exposedHeaders: ['ETag'],
          maxAge: 3600,
        },
      ],
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Server access logs need a second bucket for ever and tell no more than the table: every object has one writer, named by its task, and ends with it.',
    });
  }

  /** Lets a function read or write payloads, or presign addresses that do, and tells it the bucket. */
  grantAccess(grantee: TaskFunction, actions: readonly ('Get' | 'Put')[]): void {
    const objects = this.bucket.arnForObjects('*');
    grantee.allow(
      actions.map((action) => `s3:${action}Object`),
      [objects],
    );
    grantee.setEnvironment('payloadsBucket', this.bucket.bucketName);
    acknowledgeWildcard(
      grantee,
      objects,
      'Keys of payloads begin with the tenant, known only at run time; the function checks it before it touches one.',
    );
  }
}
