import { describe, expect, it } from 'vitest';
import { aliases } from '#core/contract/aliases.ts';
import { publicRoutes } from '#core/contract/approval-link.ts';
import { answeredFrames } from '#core/contract/client-frames.ts';
import { environment, indexes, tableKeys } from '#core/contract/env.ts';
import { timings } from '#core/contract/limits.ts';
import { routes } from '#core/contract/routes.ts';
import { functionNames, functionSpecs } from '#infra/config/functions.ts';
import { treatmentOf } from '#local/template/resource-types.ts';
import { type Anything, ofType, type Resource, referencesIn, synthesise } from './synthesise.ts';

const resources = synthesise();
const functions = ofType(resources, 'AWS::Lambda::Function');
const queues = ofType(resources, 'AWS::SQS::Queue');
const alarms = ofType(resources, 'AWS::CloudWatch::Alarm');
const policies = ofType(resources, 'AWS::IAM::Policy');

const asList = (value: unknown): Anything[] => (Array.isArray(value) ? value : [value]);
const only = (ids: readonly string[]): string => {
  expect(ids).toHaveLength(1);
  return ids[0] ?? '';
};
const sorted = (values: readonly string[]): string[] => values.toSorted();
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const contains = (value: unknown, part: unknown) => (JSON.stringify(value) ?? '').includes(JSON.stringify(part));

describe('functions', () => {
  it('has one for each entry of the catalogue and no other', () => {
    expect(sorted(functions.map(([, { Properties }]) => Properties.Description))).toEqual(
      functionNames.map((name): string => functionSpecs[name].description).toSorted(),
    );
  });

  it.each(functions)('%s has runtime, memory, timeout, tracing and JSON logs', (_id, { Properties }) => {
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON' },
    });
    expect([256, 512]).toContain(Properties.MemorySize);
    expect(Properties.Timeout * 1000).toBeLessThan(timings.orphanAfterMs);
  });

  it('have each a role and a log group of their own', () => {
    const roles = functions.map(([, { Properties }]) => only(referencesIn(Properties.Role)));
    const groups = functions.map(([, { Properties }]) => only(referencesIn(Properties.LoggingConfig.LogGroup)));
    expect(new Set(roles).size).toBe(functions.length);
    expect(new Set(groups).size).toBe(functions.length);
    for (const [, { Properties }] of policies) expect(Properties.Roles).toHaveLength(1);
  });

  it('read no variable that the contract does not name', () => {
    const known = new Set<string>([...Object.values(environment), 'NODE_OPTIONS']);
    const used = functions.flatMap(([, { Properties }]) => Object.keys(Properties.Environment.Variables));
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it('leave concurrency unreserved, for new accounts have none to reserve', () => {
    for (const [, { Properties }] of functions) expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });
});

describe('permissions', () => {
  const statements = policies.flatMap(([id, { Properties }]) =>
    asList(Properties.PolicyDocument.Statement).map((statement) => ({ id, statement })),
  );

  it('come from no managed policy', () => {
    for (const [, { Properties }] of ofType(resources, 'AWS::IAM::Role')) {
      expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    }
    expect(ofType(resources, 'AWS::IAM::ManagedPolicy')).toEqual([]);
  });

  it('name no action with a wildcard', () => {
    const actions = statements.flatMap(({ statement }) => asList(statement.Action));
    expect(actions.filter((action: string) => action.includes('*'))).toEqual([]);
  });

  it('allow on every resource only what IAM cannot narrow', () => {
    const unbounded = statements.filter(({ statement }) => asList(statement.Resource).includes('*'));
    const actions = new Set(unbounded.flatMap(({ statement }) => asList(statement.Action)));
    expect(sorted([...actions].filter((action) => !/^(xray:|logs:)/.test(action)))).toEqual([
      'dynamodb:ListStreams',
      'states:SendTaskFailure',
      'states:SendTaskSuccess',
    ]);
  });

  it('let state machines send to the tasks queue, invoke what decides between stages, and do nothing else', () => {
    const machineRoles = ofType(resources, 'AWS::StepFunctions::StateMachine').map(([, { Properties }]) =>
      only(referencesIn(Properties.RoleArn)),
    );
    const own = policies.filter(([, { Properties }]) => machineRoles.includes(only(referencesIn(Properties.Roles))));
    const allowed = own.flatMap(([, { Properties }]) => asList(Properties.PolicyDocument.Statement));
    const actions = allowed.flatMap((statement) => asList(statement.Action));
    expect(sorted([...new Set(actions)].filter((action) => !/^(xray:|logs:)/.test(action)))).toEqual([
      'lambda:InvokeFunction',
      'sqs:SendMessage',
    ]);
    const invoked = allowed.filter(({ Action }) => asList(Action).includes('lambda:InvokeFunction'));
    const [decider] = functions.filter(
      ([, { Properties }]) => Properties.Description === functionSpecs['workflow/decide'].description,
    );
    expect(invoked.map(({ Resource }) => Resource)).toEqual(invoked.map(() => arnOf(decider?.[0] ?? '')));
  });

  const variableOf: Record<string, string> = {
    'dynamodb:': environment.tableName,
    'execute-api:ManageConnections': environment.socketEndpoint,
    'states:StartExecution': environment.stateMachines,
    'events:PutEvents': environment.busName,
    's3:': environment.payloadsBucket,
    'ssm:GetParameter': environment.secretsPrefix,
  };
  it.each(Object.entries(variableOf))('give %s exactly to the functions that have %s', (action, variable) => {
    const allowed = functions.filter(([, { Properties }]) => {
      const role = only(referencesIn(Properties.Role));
      return statements.some(
        ({ id, statement }) =>
          only(referencesIn(resources[id]?.Properties.Roles)) === role &&
          asList(statement.Action).some((one) => one.startsWith(action)),
      );
    });
    const told = functions.filter(([, { Properties }]) => variable in Properties.Environment.Variables);
    expect(allowed.map(([id]) => id)).toEqual(told.map(([id]) => id));
    expect(told.length).toBeGreaterThan(0);
  });

  it('give the secrets of tenants to one function, below their prefix only, and the bootstrap key to those that let in', () => {
    const readers = statements.filter(({ statement }) =>
      asList(statement.Action).includes('secretsmanager:GetSecretValue'),
    );
    const [ofTenants, ofKey] = [
      readers.filter(({ statement }) => JSON.stringify(statement.Resource).includes(':secret:muster/Muster/*')),
      readers.filter(({ statement }) => 'Ref' in Object(statement.Resource)),
    ];
    expect(ofTenants.map(({ id }) => id)).toEqual([expect.stringMatching(/^FunctionsWebsocketSecret/)]);
    expect(ofTenants.length + ofKey.length).toBe(readers.length);
    const told = functions.filter(
      ([, { Properties }]) => environment.bootstrapSecretArn in Properties.Environment.Variables,
    );
    expect(ofKey.length).toBe(told.length);
    const parameters = statements.filter(({ statement }) => asList(statement.Action).includes('ssm:GetParameter'));
    expect(parameters.map(({ id }) => id)).toEqual(ofTenants.map(({ id }) => id));
    expect(JSON.stringify(parameters[0]?.statement.Resource)).toContain(':parameter/muster/Muster/*');
  });
});

describe('queues', () => {
  const targetsOf = ([, { Properties }]: [string, Resource]) => referencesIn(Properties.RedrivePolicy);
  const deadLetterIds = new Set([
    ...queues.flatMap(targetsOf),
    ...functions.flatMap(([, { Properties }]) => referencesIn(Properties.DeadLetterConfig)),
  ]);

  it('have each a dead-letter queue, or are one', () => {
    const without = queues.filter(
      ([id, { Properties }]) => Properties.RedrivePolicy === undefined && !deadLetterIds.has(id),
    );
    expect(without).toEqual([]);
  });

  it('have each an alarm: on what is in a dead-letter queue, on the age of the rest', () => {
    for (const [id] of queues) {
      const own = alarms.filter(([, { Properties }]) => contains(Properties.Dimensions, [id, 'QueueName']));
      const metric = deadLetterIds.has(id) ? 'ApproximateNumberOfMessagesVisible' : 'ApproximateAgeOfOldestMessage';
      expect(own.map(([, { Properties }]) => Properties.MetricName)).toEqual([metric]);
    }
  });

  it('are encrypted and closed to plain HTTP', () => {
    for (const [id, { Properties }] of queues) {
      expect(Properties.SqsManagedSseEnabled).toBe(true);
      const [policy] = ofType(resources, 'AWS::SQS::QueuePolicy').filter(([, candidate]) =>
        referencesIn(candidate.Properties.Queues).includes(id),
      );
      expect(policy?.[1].Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  it('take what EventBridge could not hand over, from exactly its rules', () => {
    const rules = ofType(resources, 'AWS::Events::Rule');
    expect(rules).toHaveLength(2);
    for (const [ruleId, { Properties }] of rules) {
      const deadLetters = only(referencesIn(Properties.Targets[0].DeadLetterConfig));
      const [, policy] =
        ofType(resources, 'AWS::SQS::QueuePolicy').find(([, candidate]) =>
          referencesIn(candidate.Properties.Queues).includes(deadLetters),
        ) ?? [];
      expect(policy?.Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Allow',
          Action: 'sqs:SendMessage',
          Principal: { Service: 'events.amazonaws.com' },
          Condition: { ArnEquals: { 'aws:SourceArn': arnOf(ruleId) } },
        }),
      );
    }
  });

  it('hide a message six times as long as its consumer may take, and let each message fail alone', () => {
    const mappings = ofType(resources, 'AWS::Lambda::EventSourceMapping').filter(
      ([, { Properties }]) => resources[only(referencesIn(Properties.EventSourceArn))]?.Type === 'AWS::SQS::Queue',
    );
    expect(mappings).toHaveLength(4);
    for (const [, { Properties }] of mappings) {
      const queue = resources[only(referencesIn(Properties.EventSourceArn))];
      const consumer = resources[only(referencesIn(Properties.FunctionName))];
      expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * consumer?.Properties.Timeout);
      expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      expect(Properties.ScalingConfig.MaximumConcurrency).toBeGreaterThan(1);
    }
  });
});

describe('alarms', () => {
  it('name each a page of the runbook', () => {
    for (const [, { Properties }] of alarms) {
      expect(Properties.AlarmDescription).toMatch(/^[A-Z].+ See docs\/runbook\.md#[a-z-]+$/);
    }
  });
});

describe('table', () => {
  const [[, table] = []] = ofType(resources, 'AWS::DynamoDB::GlobalTable');

  it('streams both images, expires, recovers to a point in time and bills by request', () => {
    expect(table?.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: tableKeys.ttl, Enabled: true },
      Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
    });
  });

  it('has the indexes of the contract, keys only', () => {
    expect(table?.Properties.GlobalSecondaryIndexes).toEqual(
      Object.values(indexes).map((index) => ({
        IndexName: index.name,
        KeySchema: [
          { AttributeName: index.partitionKey, KeyType: 'HASH' },
          { AttributeName: index.sortKey, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    );
  });

  it('is protected in production', () => {
    const [[, production] = []] = ofType(synthesise({ stage: 'prod' }), 'AWS::DynamoDB::GlobalTable');
    expect(production).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { Replicas: [{ DeletionProtectionEnabled: true }] },
    });
  });

  it("feeds the relay with writes that name effects, and the effects' dead letters with what the relay cannot even name", () => {
    const [mapping] = ofType(resources, 'AWS::Lambda::EventSourceMapping').filter(([, { Properties }]) =>
      contains(Properties.EventSourceArn, 'StreamArn'),
    );
    expect(mapping?.[1].Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: {
        Filters: [
          { Pattern: '{"dynamodb":{"NewImage":{"outbox":{"S":[{"exists":true}]}}}}' },
          {
            Pattern: '{"dynamodb":{"NewImage":{"sk":{"S":["RUN"]},"status":{"S":["RUNNING","PAUSED","CANCELLING"]}}}}',
          },
          { Pattern: '{"dynamodb":{"NewImage":{"effects":{"S":[{"prefix":"lifecycle"}]}}}}' },
          {
            Pattern: '{"dynamodb":{"NewImage":{"effects":{"S":[{"exists":true}]},"endedAt":{"N":[{"exists":true}]}}}}',
          },
        ],
      },
      DestinationConfig: { OnFailure: { Destination: arnOf('QueuesEffectsDeadLettersQueue00892672') } },
    });
  });
});

describe('routes', () => {
  const all = ofType(resources, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties);
  const answering = ['secret.get', ...answeredFrames].toSorted();
  const socketKeys = ['$connect', '$default', '$disconnect', ...answering];
  const apiOf = (protocol: string) =>
    ofType(resources, 'AWS::ApiGatewayV2::Api').find(([, { Properties }]) => Properties.ProtocolType === protocol)?.[0];
  const httpRoutes = all.filter(({ ApiId }) => ApiId.Ref === apiOf('HTTP'));
  const socketRoutes = all.filter(({ ApiId }) => ApiId.Ref === apiOf('WEBSOCKET'));

  it('are those of the contract and a default for the rest', () => {
    expect(sorted(httpRoutes.map(({ RouteKey }) => RouteKey))).toEqual(
      [
        ...routes.map(({ key }): string => key),
        ...publicRoutes,
        ...aliases.map(({ key }): string => key),
        '$default',
      ].toSorted(),
    );
  });

  it('are behind the authoriser, but for those of people with a link; it answers simply and is asked every 30 seconds', () => {
    const [[id, authoriser] = []] = ofType(resources, 'AWS::ApiGatewayV2::Authorizer');
    expect(authoriser?.Properties).toMatchObject({
      AuthorizerResultTtlInSeconds: 30,
      EnableSimpleResponses: true,
      AuthorizerPayloadFormatVersion: '2.0',
      IdentitySource: ['$request.header.Authorization'],
    });
    const open: readonly string[] = publicRoutes;
    for (const route of httpRoutes.filter(({ RouteKey }) => !open.includes(RouteKey))) {
      expect(route).toMatchObject({ AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: id } });
    }
  });

  it('of the sockets are those of connections, one for frames, and one for each type that is always answered', () => {
    expect(sorted(socketRoutes.map(({ RouteKey }) => RouteKey))).toEqual(socketKeys);
    const answers = socketRoutes.filter(({ RouteResponseSelectionExpression: by }) => by === '$default');
    expect(sorted(answers.map(({ RouteKey }) => RouteKey))).toEqual(answering);
    expect(ofType(resources, 'AWS::ApiGatewayV2::RouteResponse')).toHaveLength(answering.length);
  });

  it('are logged as JSON without keys, and throttled', () => {
    const stages = ofType(resources, 'AWS::ApiGatewayV2::Stage');
    expect(sorted(stages.map(([, { Properties }]) => Properties.StageName))).toEqual(['$default', 'ws']);
    for (const [, { Properties }] of stages) {
      const fields: Record<string, string> = JSON.parse(Properties.AccessLogSettings.Format);
      expect(fields['requestId']).toBe('$context.requestId');
      expect(JSON.stringify(fields)).not.toMatch(/query|header|token/i);
      expect(Properties.DefaultRouteSettings.ThrottlingRateLimit).toBeGreaterThan(0);
    }
  });
});

describe('stack', () => {
  it('holds no custom resource and no function that nobody wrote', () => {
    const types = Object.values(resources).map(({ Type }) => Type);
    expect(types.filter((type) => /^Custom::|CustomResource|^AWS::CloudFormation::/.test(type))).toEqual([]);
    expect(functions).toHaveLength(functionNames.length);
  });

  it('has nothing that the local platform refuses', () => {
    const refused = Object.values(resources).filter(({ Type }) => treatmentOf(Type) === 'refuse');
    expect(refused.map(({ Type }) => Type)).toEqual([]);
  });

  it('names nothing physically', () => {
    const property = /^(Table|Queue|Bucket|Role|Policy|Function|LogGroup|StateMachine|Alarm|Secret|Topic)Name$/;
    for (const [id, { Type, Properties }] of Object.entries(resources)) {
      const named = Object.keys(Properties ?? {}).filter((key) => property.test(key));
      // A policy inside a role, a mapping's function and an event bus need their names.
      expect({ id, named: Type === 'AWS::IAM::Policy' || Type === 'AWS::Lambda::Permission' ? [] : named }).toEqual({
        id,
        named: Type === 'AWS::Lambda::EventSourceMapping' ? ['FunctionName'] : [],
      });
    }
  });

  it('keeps every log for a stated time', () => {
    for (const [, { Properties }] of ofType(resources, 'AWS::Logs::LogGroup')) {
      expect(Properties.RetentionInDays).toBeGreaterThan(0);
    }
  });

  it('can be created: no resource depends on itself', () => {
    const edges = new Map(
      Object.entries(resources).map(([id, resource]) => [
        id,
        [...referencesIn(resource.Properties), ...(resource.DependsOn ?? [])].filter((target) => target in resources),
      ]),
    );
    const done = new Set<string>();
    const visit = (id: string, path: readonly string[]): void => {
      expect(path).not.toContain(id);
      if (done.has(id)) return;
      for (const target of edges.get(id) ?? []) visit(target, [...path, id]);
      done.add(id);
    };
    for (const id of edges.keys()) visit(id, []);
  });

  it('keeps the logical ids of what holds data: a changed one would replace it and lose the data', () => {
    const stateful = [
      'AWS::DynamoDB::GlobalTable',
      'AWS::S3::Bucket',
      'AWS::SecretsManager::Secret',
      'AWS::SQS::Queue',
      'AWS::Events::EventBus',
      'AWS::ApiGatewayV2::Api',
      'AWS::StepFunctions::StateMachine',
    ];
    const ids = Object.entries(resources).filter(([, { Type }]) => stateful.includes(Type));
    expect(ids.map(([id]) => id)).toEqual(
      expect.arrayContaining([
        'AccessBootstrapKey4BB08031',
        'CoordinationParallelStateMachineE26DB91B',
        'CoordinationSequentialStateMachine1B4333F4',
        'EventsBus45DE4339',
        'ExecutionEndedDeadLettersQueue824F95A3',
        'HttpApi4E1D4184',
        'PayloadsBucket1715615A',
        'QueuesEffectsDeadLettersQueue00892672',
        'QueuesEffectsQueue62D83DD5',
        'QueuesTasksDeadLettersQueueD8CBC319',
        'QueuesTasksQueueA1F60C76',
        'QueuesTimersDeadLettersQueue33F08D4F',
        'QueuesTimersQueue168705F2',
        'QueuesTriggersDeadLettersQueue12BECBCD',
        'QueuesTriggersQueueD172E8D3',
        'SocketsApi04DF8096',
        'StateTable962DE04C',
        'SweepDeadLettersQueue166BD77E',
      ]),
    );
  });
});
