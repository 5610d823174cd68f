import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import * as z from 'zod';
import { bundleFunctions } from '#infra/bundle.ts';
import type { Config } from '#infra/config/config.ts';
import { readConfig } from '#infra/config/read-config.ts';
import { MusterStack } from '#infra/muster-stack.ts';

const app = new App();

/** A wrong setting is whoever deploys' to mend: what it may be says more than where it was found. */
const readSettings = (): Config => {
  try {
    return readConfig(z.record(z.string(), z.unknown()).parse(app.node.getAllContext()));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
};

const config = readSettings();
using code = await bundleFunctions(config.functionsRoot);
// Some generated names (the bus's) come from this id, so it is the stack's name.
new MusterStack(app, config.stackName, { config, code });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
app.synth();
