import { describe, expect, it } from 'vitest';
import { renderTargetInput } from '../../../../local/event-bus/target-input.ts';

const rule = { ruleArn: 'arn:aws:events:eu-west-1:123456789012:rule/example', ruleName: 'example' };
const event = {
  id: 'e1',
  ingestedAtMs: Date.parse('2026-01-01T00:00:01.500Z'),
  json: JSON.stringify({
    version: '0',
    id: 'e1',
    'detail-type': 'EC2 Instance State-change Notification',
    source: 'ec2',
    time: '2026-01-01T00:00:00Z',
    resources: ['arn:one', 'arn:two'],
    detail: { 'instance-id': 'i-1', state: 'RUNNING', count: 3, quote: 'say "hi"', nested: { a: 1, b: 'x' } },
  }),
};
const paths = {
  instance: '$.detail.instance-id',
  state: '$.detail.state',
  count: '$.detail.count',
  quote: '$.detail.quote',
  nested: '$.detail.nested',
  resources: '$.resources',
  first: '$.resources[0]',
  every: '$.detail.nested.*',
  missing: '$.detail.nothing',
};

const render = (target: Record<string, unknown>) => renderTargetInput({ Id: 't', Arn: 'a', ...target }, event, rule);
const transform = (InputTemplate: string) => render({ InputTransformer: { InputPathsMap: paths, InputTemplate } });

describe('renderTargetInput', () => {
  it('passes the event as it is, a constant, or a part of the event', () => {
    expect(render({})).toBe(event.json);
    expect(render({ Input: '{"fixed":true}' })).toBe('{"fixed":true}');
    expect(render({ InputPath: '$.detail.nested' })).toBe('{"a":1,"b":"x"}');
    expect(render({ InputPath: '$' })).toBe(event.json);
    expect(render({ InputPath: "$['detail']['count']" })).toBe('3');
    expect(render({ InputPath: '$.nothing' })).toBe('null');
  });

  it.each([
    ['"instance <instance> is in <state>"', '"instance i-1 is in RUNNING"'],
    ['{"instance": <instance>, "state": <state>}', '{"instance": "i-1", "state": "RUNNING"}'],
    [
      '{"instance": <instance>, "status": "instance \\"<instance>\\" is in <state>"}',
      '{"instance": "i-1", "status": "instance \\"i-1\\" is in RUNNING"}',
    ],
    ['{"state": [9, <state>, true], "n": <count>}', '{"state": [9, "RUNNING", true], "n": 3}'],
    [
      '{"o": <nested>, "r": <resources>, "f": <first>}',
      '{"o": {"a":1,"b":"x"}, "r": ["arn:one","arn:two"], "f": "arn:one"}',
    ],
    ['{"e": <every>}', '{"e": [1,"x"]}'],
    ['{"q": <quote>, "s": "<quote>"}', '{"q": "say \\"hi\\"", "s": "say \\"hi\\""}'],
    ['"nested: <nested>, count: <count>"', '"nested: {a:1,b:x}, count: 3"'],
    ['"[<missing>]"', '"[]"'],
    ['{"m": <missing>}', '{"m": ""}'],
    ['"<aws.events.rule-name> triggered by <aws.events.rule-arn>"', `"example triggered by ${rule.ruleArn}"`],
    ['{"at": <aws.events.event.ingestion-time>}', '{"at": "2026-01-01T00:00:01Z"}'],
    ['{"original": <aws.events.event.json>}', `{"original": ${event.json}}`],
  ])('fills the template %s', (template, expected) => {
    expect(transform(template)).toBe(expected);
  });

  it('gives the event without its detail as aws.events.event', () => {
    const { detail: _left, ...rest } = JSON.parse(event.json);
    expect(JSON.parse(transform('{"e": <aws.events.event>}'))).toEqual({ e: rest });
  });
});
