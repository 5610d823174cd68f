import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StateMachines } from '#core/contract/env.ts';
import { validateDefinition } from '../../scripts/validate-asl.ts';
import { definitionOf } from './run-mode.ts';

const files = readdirSync(new URL('../../statemachines', import.meta.url)).filter((file) => file.endsWith('.asl.json'));

// oxlint-disable-next-line typescript/no-explicit-any -- a definition that tests take apart is open JSON
type Anything = any;

/** A definition with one change made in it. */
const changed = (change: (definition: Anything) => void): string => {
  const definition = JSON.parse(definitionOf('parallel'));
  change(definition);
  return JSON.stringify(definition);
};

describe('the definitions', () => {
  it('are one for each mode that the functions know', () => {
    expect(files.map((file) => file.replace('.asl.json', '')).toSorted()).toEqual(
      Object.keys(StateMachines.shape).toSorted(),
    );
  });

  it.each(files)('%s is valid', (file) => {
    expect(validateDefinition(definitionOf(file.replace('.asl.json', '')))).toEqual([]);
  });
});

describe('validateDefinition', () => {
  const task = 'Work on stage';
  it.each<[string, string, (definition: Anything) => void]>([
    ['a state that leads nowhere', 'MISSING_TRANSITION_TARGET', (d) => (d['States'][task].Next = 'Nowhere')],
    ['an expression that does not parse', 'unary operator', (d) => (d['States'][task].Output = '{% {"a": } %}')],
    ['half an expression', 'not wholly an expression', (d) => (d['States'][task].Arguments.QueueUrl = 'a {% 1 %}')],
    ['a task without a timeout', 'without TimeoutSeconds', (d) => delete d['States'][task].TimeoutSeconds],
    ['a heartbeat', 'HeartbeatSeconds', (d) => (d['States'][task].HeartbeatSeconds = 5)],
    ['a retry without jitter', 'full jitter', (d) => delete d['States'][task].Retry[0].JitterStrategy],
    [
      'a retried timeout',
      'retries States.Timeout',
      (d) => d['States'][task].Retry[0].ErrorEquals.push('States.Timeout'),
    ],
    ['JSONPath', 'not JSONata', (d) => (d['QueryLanguage'] = 'JSONPath')],
    ['no comment', 'no Comment', (d) => delete d['Comment']],
    ['no backstop at the top', 'no TimeoutSeconds at the top', (d) => delete d['TimeoutSeconds']],
  ])('refuses %s', (_case, message, change) => {
    expect(validateDefinition(changed(change)).join('\n')).toContain(message);
  });
});
