import type { CompiledPattern } from '#event-pattern/compile-pattern.ts';
import type { FlatEvent } from '#event-pattern/flatten-event.ts';
import { matchEvent } from '#event-pattern/match-event.ts';
import { AwsError } from '../contract.ts';
import { compileRulePattern } from './compile-rule-pattern.ts';
import { type NewRule, parseTargets, type RuleTarget } from './rule.ts';

/** A rule in force. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly busArn: string;
  readonly patternJson: string | undefined;
  readonly pattern: CompiledPattern | undefined;
  readonly scheduleExpression: string | undefined;
  readonly isEnabled: boolean;
  readonly targets: readonly RuleTarget[];
}

function compileRule(rule: NewRule): Rule {
  const given = rule.eventPattern;
  const patternJson = given === undefined ? undefined : typeof given === 'string' ? given : JSON.stringify(given);
  if (patternJson === undefined && rule.scheduleExpression === undefined) {
    throw new AwsError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  return {
    name: rule.name,
    arn: rule.arn,
    busArn: rule.busArn,
    patternJson,
    pattern: patternJson === undefined ? undefined : compileRulePattern(patternJson),
    scheduleExpression: rule.scheduleExpression,
    isEnabled: rule.state !== 'DISABLED',
    targets: parseTargets(rule.targets, rule.name),
  };
}

/** The buses and their rules. */
export class RuleTable {
  private readonly busArnByName = new Map<string, string>();
  private readonly rulesByArn = new Map<string, Rule>();

  addBus(bus: { readonly name: string; readonly arn: string }): void {
    this.busArnByName.set(bus.name, bus.arn);
  }

  /** @throws AwsError `ResourceNotFoundException` when the rule's bus is not here; a pattern's or target's refusal */
  put(rule: NewRule): Rule {
    this.requireBus(rule.busArn);
    const compiled = compileRule(rule);
    this.rulesByArn.set(rule.arn, compiled);
    return compiled;
  }

  /** Resolves a bus's name or arn; undefined when there is none. */
  findBus(nameOrArn: string): string | undefined {
    const byName = this.busArnByName.get(nameOrArn);
    if (byName !== undefined) return byName;
    return [...this.busArnByName.values()].find((arn) => arn === nameOrArn);
  }

  /** @throws AwsError `ResourceNotFoundException` */
  requireBus(nameOrArn: string): string {
    const arn = this.findBus(nameOrArn);
    if (arn === undefined) {
      throw new AwsError('ResourceNotFoundException', `Event bus ${nameOrArn} does not exist.`);
    }
    return arn;
  }

  /** @throws AwsError `ResourceNotFoundException` */
  requireRule(name: string, busNameOrArn: string): Rule {
    const rule = this.list(busNameOrArn).find((candidate) => candidate.name === name);
    if (rule === undefined) {
      throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${busNameOrArn}.`);
    }
    return rule;
  }

  list(busNameOrArn: string): readonly Rule[] {
    const busArn = this.requireBus(busNameOrArn);
    return [...this.rulesByArn.values()].filter((rule) => rule.busArn === busArn || rule.busArn === busNameOrArn);
  }

  match(busArn: string, event: FlatEvent): readonly Rule[] {
    return this.list(busArn).filter((rule) => {
      return rule.isEnabled && rule.pattern !== undefined && matchEvent(rule.pattern, event);
    });
  }
}
