import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { bundleFunctions } from '#infra/bundle.ts';
import { Config, contextNames } from '#infra/config/config.ts';
import { MusterStack } from '#infra/muster-stack.ts';

const app = new App();
const config = Config.parse(
  Object.fromEntries(contextNames.map((name): [string, unknown] => [name, app.node.tryGetContext(name)])),
);
using code = await bundleFunctions(config.functionsRoot);
// Some generated names (the bus's) come from this id, so it is the stack's name.
new MusterStack(app, config.stackName, { config, code });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
app.synth();
