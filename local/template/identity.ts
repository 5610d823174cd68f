import { generatedId, generatedName, stableToken } from './physical-name.ts';

/** Where the stack runs, as pseudo parameters and addresses show it. */
export interface Place {
  readonly stackName: string;
  readonly region: string;
  readonly accountId: string;
  /** Base address of the front door: queue urls begin with it. */
  readonly endpointUrl: string;
  /** Address of a HTTP API, as `Fn::GetAtt ApiEndpoint` shows it. */
  apiUrl(apiId: string, protocol: string): string;
}

/** What `Ref` and `Fn::GetAtt` give for a resource. */
export interface Identity {
  readonly physicalId: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const lettersAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

interface Subject {
  readonly logicalId: string;
  readonly type: string;
  /** A property of the resource, resolved, when it is a string. */
  text(property: string): string | undefined;
}

type Identify = (subject: Subject, place: Place) => Identity;

/** The label of every table's stream: AWS uses the time it was enabled; here it must be stable over restarts. */
export const streamLabel = '2024-01-01T00:00:00.000';

function arn(service: string, place: Place, resource: string): string {
  return `arn:aws:${service}:${place.region}:${place.accountId}:${resource}`;
}

function named(subject: Subject, place: Place, property: string): string {
  return subject.text(property) ?? generatedName(place.stackName, subject.logicalId, subject.type);
}

/** A resource whose `Ref` is its name and whose only attribute is its arn. */
function byName(property: string, service: string, prefix: string): Identify {
  return (subject, place) => {
    const name = named(subject, place, property);
    return { physicalId: name, ref: name, attributes: { Arn: arn(service, place, `${prefix}${name}`), Name: name } };
  };
}

const table: Identify = (subject, place) => {
  const name = named(subject, place, 'TableName');
  const tableArn = arn('dynamodb', place, `table/${name}`);
  const attributes = { Arn: tableArn, StreamArn: `${tableArn}/stream/${streamLabel}`, TableId: name };
  return { physicalId: name, ref: name, attributes };
};

const queue: Identify = (subject, place) => {
  const suffix = subject.text('FifoQueue') === 'true' ? '.fifo' : '';
  const name = subject.text('QueueName') ?? named(subject, place, 'QueueName').slice(0, 80 - suffix.length) + suffix;
  const url = `${place.endpointUrl}/${place.accountId}/${name}`;
  return { physicalId: name, ref: url, attributes: { Arn: arn('sqs', place, name), QueueName: name, QueueUrl: url } };
};

const bucket: Identify = (subject, place) => {
  const name = named(subject, place, 'BucketName');
  const domain = `${name}.s3.${place.region}.amazonaws.com`;
  const attributes = {
    Arn: `arn:aws:s3:::${name}`,
    DomainName: `${name}.s3.amazonaws.com`,
    RegionalDomainName: domain,
  };
  return { physicalId: name, ref: name, attributes };
};

const rule: Identify = (subject, place) => {
  const name = named(subject, place, 'Name');
  const bus = subject.text('EventBusName')?.split('/').at(-1) ?? 'default';
  const path = bus === 'default' ? name : `${bus}/${name}`;
  const ref = bus === 'default' ? name : `${bus}|${name}`;
  return { physicalId: name, ref, attributes: { Arn: arn('events', place, `rule/${path}`) } };
};

const schedule: Identify = (subject, place) => {
  const name = named(subject, place, 'Name');
  const group = subject.text('GroupName') ?? 'default';
  return { physicalId: name, ref: name, attributes: { Arn: arn('scheduler', place, `schedule/${group}/${name}`) } };
};

const stateMachine: Identify = (subject, place) => {
  const name = named(subject, place, 'StateMachineName');
  const machineArn = arn('states', place, `stateMachine:${name}`);
  return { physicalId: name, ref: machineArn, attributes: { Arn: machineArn, Name: name } };
};

const secret: Identify = (subject, place) => {
  const name = named(subject, place, 'Name');
  const suffix = stableToken(`${place.stackName}/${subject.logicalId}/secret`, 6);
  const secretArn = arn('secretsmanager', place, `secret:${name}-${suffix}`);
  return { physicalId: name, ref: secretArn, attributes: { Id: secretArn, Arn: secretArn } };
};

const parameter: Identify = (subject, place) => {
  const name = named(subject, place, 'Name');
  return {
    physicalId: name,
    ref: name,
    attributes: { Type: subject.text('Type') ?? 'String', Value: subject.text('Value') ?? '' },
  };
};

const api: Identify = (subject, place) => {
  const id = generatedId(place.stackName, subject.logicalId);
  const endpoint = place.apiUrl(id, subject.text('ProtocolType') ?? 'HTTP');
  return { physicalId: id, ref: id, attributes: { ApiId: id, ApiEndpoint: endpoint } };
};

const stage: Identify = (subject) => {
  const name = subject.text('StageName') ?? '$default';
  return { physicalId: name, ref: name, attributes: {} };
};

const role: Identify = (subject, place) => {
  const name = named(subject, place, 'RoleName');
  const roleArn = `arn:aws:iam::${place.accountId}:role/${name}`;
  return { physicalId: name, ref: name, attributes: { Arn: roleArn, RoleId: stableToken(roleArn, 16) } };
};

const managedPolicy: Identify = (subject, place) => {
  const name = named(subject, place, 'ManagedPolicyName');
  const policyArn = `arn:aws:iam::${place.accountId}:policy/${name}`;
  return { physicalId: name, ref: policyArn, attributes: { PolicyArn: policyArn } };
};

const topic: Identify = (subject, place) => {
  const name = named(subject, place, 'TopicName');
  const topicArn = arn('sns', place, name);
  return { physicalId: name, ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
};

const userPool: Identify = (subject, place) => {
  const { region, stackName } = place;
  const id = `${region}_${stableToken(`${stackName}/${subject.logicalId}`, 9, lettersAndDigits)}`;
  const provider = `cognito-idp.${region}.amazonaws.com/${id}`;
  const attributes = {
    Arn: arn('cognito-idp', place, `userpool/${id}`),
    ProviderName: provider,
    ProviderURL: `https://${provider}`,
    UserPoolId: id,
  };
  return { physicalId: id, ref: id, attributes };
};

const userPoolClient: Identify = (subject, place) => {
  const seed = `${place.stackName}/${subject.logicalId}`;
  const id = stableToken(seed, 26, 'abcdefghijklmnopqrstuvwxyz0123456789');
  const name = named(subject, place, 'ClientName');
  const secret = stableToken(`${seed}/secret`, 52, lettersAndDigits);
  return { physicalId: id, ref: id, attributes: { ClientId: id, ClientSecret: secret, Name: name } };
};

const userPoolDomain: Identify = (subject) => {
  const domain = subject.text('Domain') ?? subject.logicalId.toLowerCase();
  return { physicalId: domain, ref: domain, attributes: { CloudFrontDistribution: `${domain}.cloudfront.net` } };
};

/** Everything else is known by an id; its `Id` attribute (route, integration, event source mapping) equals it. */
const other: Identify = (subject, place) => {
  const id = generatedId(place.stackName, subject.logicalId);
  return { physicalId: id, ref: id, attributes: { Id: id, Arn: arn('local', place, id) } };
};

const identities: Record<string, Identify> = {
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::Stage': stage,
  'AWS::CloudWatch::Alarm': byName('AlarmName', 'cloudwatch', 'alarm:'),
  'AWS::CloudWatch::CompositeAlarm': byName('AlarmName', 'cloudwatch', 'alarm:'),
  'AWS::CloudWatch::Dashboard': byName('DashboardName', 'cloudwatch', 'dashboard/'),
  'AWS::Cognito::UserPool': userPool,
  'AWS::Cognito::UserPoolClient': userPoolClient,
  'AWS::Cognito::UserPoolDomain': userPoolDomain,
  'AWS::Cognito::UserPoolGroup': byName('GroupName', 'cognito-idp', 'group/'),
  'AWS::Cognito::UserPoolResourceServer': byName('Identifier', 'cognito-idp', 'resource-server/'),
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::Events::EventBus': byName('Name', 'events', 'event-bus/'),
  'AWS::Events::Rule': rule,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::Role': role,
  'AWS::KMS::Key': (subject, place) => {
    const id = generatedId(place.stackName, subject.logicalId);
    return { physicalId: id, ref: id, attributes: { Arn: arn('kms', place, `key/${id}`), KeyId: id } };
  },
  'AWS::Lambda::Function': byName('FunctionName', 'lambda', 'function:'),
  'AWS::Logs::LogGroup': (subject, place) => {
    const name = named(subject, place, 'LogGroupName');
    return { physicalId: name, ref: name, attributes: { Arn: arn('logs', place, `log-group:${name}:*`) } };
  },
  'AWS::S3::Bucket': bucket,
  'AWS::SNS::Topic': topic,
  'AWS::SQS::Queue': queue,
  'AWS::SSM::Parameter': parameter,
  'AWS::Scheduler::Schedule': schedule,
  'AWS::Scheduler::ScheduleGroup': byName('Name', 'scheduler', 'schedule-group/'),
  'AWS::SecretsManager::Secret': secret,
  'AWS::StepFunctions::StateMachine': stateMachine,
};

/** The names a resource is known by: fixed by the stack's name and the logical id, so nothing need be created to know them. */
export function identify(subject: Subject, place: Place): Identity {
  return (identities[subject.type] ?? other)(subject, place);
}
