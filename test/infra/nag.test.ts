import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { build } from './synthesise.ts';

interface PackReport {
  readonly pluginName: string;
  readonly conclusion: string;
  readonly violations: { readonly ruleName: string }[];
  readonly suppressedViolations: { readonly acknowledgedId: string; readonly reason: string }[];
}

/** What `cdk synth` finds. Like it, a finding fails the synthesis. */
function synthesiseChecked(app: App): { reports: PackReport[]; failed: boolean } {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  let failed = false;
  try {
    app.synth();
  } catch {
    failed = true;
  }
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'));
  rmSync(app.outdir, { recursive: true });
  return { reports: report.pluginReports, failed };
}

const rulesOf = (reports: PackReport[]) =>
  reports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));

describe('cdk-nag', () => {
  it.each(['dev', 'prod'])('finds nothing in stage %s', (stage) => {
    const { reports, failed } = synthesiseChecked(build({ stage }).app);
    expect(reports.map(({ pluginName }) => pluginName)).toEqual(['AwsSolutions', 'Serverless']);
    expect(rulesOf(reports)).toEqual([]);
    expect(failed).toBe(false);
  });

  it('finds nothing in the user pool either', () => {
    expect(rulesOf(synthesiseChecked(build({ userPool: 'true' }).app).reports)).toEqual([]);
  });

  it('fails the synthesis for a queue without encryption in transit and dead letters', () => {
    const { app, stack } = build();
    const careless = new Queue(stack, 'Careless');
    expect(careless.node.path).toBe('Muster/Careless');
    const { reports, failed } = synthesiseChecked(app);
    expect(rulesOf(reports).toSorted()).toEqual([
      'AwsSolutions-SQS3',
      'AwsSolutions-SQS4',
      'Serverless-SQSRedrivePolicy',
    ]);
    expect(failed).toBe(true);
  });

  it('is quietened by exact ids, each with a reason', () => {
    const suppressed = synthesiseChecked(build().app).reports.flatMap(
      ({ suppressedViolations }) => suppressedViolations,
    );
    expect(suppressed.length).toBeGreaterThan(0);
    for (const { acknowledgedId, reason } of suppressed) {
      expect(acknowledgedId).toMatch(/^(AwsSolutions::AwsSolutions|Serverless::Serverless)-\w+(\[Resource::.+\])?$/);
      expect(acknowledgedId).not.toBe('AwsSolutions::AwsSolutions-IAM5');
      expect(reason.length).toBeGreaterThan(40);
    }
  });
});
