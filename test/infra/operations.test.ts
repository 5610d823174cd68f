import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { metricNames } from '#core/contract/metrics.ts';
import { functionNames } from '#infra/config/functions.ts';
import { constructIdOf } from '#infra/constructs/functions.ts';
import { ofType, synthesise } from './synthesise.ts';

const resources = synthesise();
const alarms = ofType(resources, 'AWS::CloudWatch::Alarm');
const functions = ofType(resources, 'AWS::Lambda::Function');
const runbook = readFileSync('docs/runbook.md', 'utf8');

/** Headings as GitHub makes anchors of them. */
const anchors = new Set([...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.trim().toLowerCase()));

/** The text of a section, up to the next. */
const sectionOf = (anchor: string): string => runbook.split(/^## /m).find((one) => one.startsWith(`${anchor}\n`)) ?? '';

describe('alarms', () => {
  it.each(alarms.map(([id, { Properties }]) => [id, String(Properties.AlarmDescription)] as const))(
    '%s has a section of the runbook that says what it means, how to look and what to do',
    (_id, description) => {
      const anchor = description.split('docs/runbook.md#')[1] ?? '';
      expect(anchors).toContain(anchor);
      for (const part of ['**Description.**', '**Investigation.**', '**Resolution.**'])
        expect(sectionOf(anchor)).toContain(part);
    },
  );

  it('cover queues, dead letters, assignment, late results, repairs, throttling, runs and errors', () => {
    const pages = new Set(alarms.map(([, { Properties }]) => String(Properties.AlarmDescription).split('#')[1]));
    for (const page of [
      'queue-age',
      'dead-letters',
      'frames-undelivered',
      'stale-results',
      'sweep-repairs',
      'table-throttled',
      'functions-throttled',
      'runs-failing',
      'execution-timed-out',
      'http-errors',
      'socket-errors',
    ])
      expect(pages).toContain(page);
  });

  it('look each at one metric, and at no value of a dimension that grows with use', () => {
    for (const [, { Properties }] of alarms) {
      expect(Properties.Metrics).toBeUndefined();
      for (const { Name } of Properties.Dimensions ?? [])
        expect(Name).toMatch(/^(ApiId|Stage|QueueName|FunctionName|StateMachineArn|TableName)$/);
    }
  });

  it('tell the topic that is named, and nobody otherwise', () => {
    expect(alarms.some(([, { Properties }]) => Properties.AlarmActions !== undefined)).toBe(false);
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:123456789012:on-call';
    const told = ofType(synthesise({ alarmTopicArn }), 'AWS::CloudWatch::Alarm');
    expect(told).toHaveLength(alarms.length);
    for (const [, { Properties }] of told) {
      expect(Properties.AlarmActions).toEqual([alarmTopicArn]);
      expect(Properties.OKActions).toEqual([alarmTopicArn]);
    }
  });
});

describe('metrics of the functions', () => {
  it('are written where the alarms look', () => {
    for (const [, { Properties }] of functions)
      expect(Properties.Environment.Variables.METRICS_NAMESPACE).toBe('Muster/Muster');
    const own = alarms.filter(([, { Properties }]) => Properties.Namespace === 'Muster/Muster');
    expect(own.length).toBeGreaterThan(4);
    for (const [, { Properties }] of own) expect(Object.values(metricNames)).toContain(Properties.MetricName);
  });
});

describe('the dashboard', () => {
  it('shows every alarm, and every metric of the functions', () => {
    const [[, dashboard] = []] = ofType(resources, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    for (const [id] of alarms) expect(body).toContain(id);
    for (const name of Object.values(metricNames)) expect(body).toContain(name);
  });
});

describe('documents', () => {
  it('name every function where the runbook says how to find it', () => {
    const [, table = ''] = runbook.split('| functions | logical ids begin with |');
    const [rows = ''] = table.split('\n\n');
    const named = [...rows.matchAll(/`Functions(\w+)`/g)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(functionNames.map(constructIdOf)));
  });

  it('that others name exist', () => {
    expect(['docs/runbook.md', 'docs/operations.md', 'docs/cost.md'].filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe('reserved concurrency', () => {
  const reservedIn = (stack: ReturnType<typeof synthesise>): readonly [string, unknown][] =>
    ofType(stack, 'AWS::Lambda::Function')
      .map(([id, { Properties }]): [string, unknown] => [id, Properties.ReservedConcurrentExecutions])
      .filter(([, reserved]) => reserved !== undefined);

  it('is each queue consumer’s when it is asked for, and nobody’s otherwise', () => {
    expect(reservedIn(synthesise({}))).toEqual([]);
    const reserved = reservedIn(synthesise({ reservedConcurrency: '20' }));
    expect(reserved).toHaveLength(4);
    for (const [id, environments] of reserved) {
      expect(id).toMatch(/^FunctionsQueue/);
      expect(environments).toBe(20);
    }
  });
});
