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
new MusterStack(app, 'Muster', { stackName: config.stackName, config, code });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
app.synth();
