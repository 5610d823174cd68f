import { parseArgs } from 'node:util';
import { seededChaos } from './platform/seeded-chaos.ts';
import { type Platform, startPlatform } from './platform/start-platform.ts';

const usage = `Runs the stack of a cloud assembly (what \`cdk synth\` writes) on this machine.

Usage: node local/cli.ts --assembly DIR [--stack NAME] [--port N] [--data DIR] [--json] [--quiet]
                         [--chaos SEED]

  --assembly DIR  the output directory of cdk synth
  --stack NAME    which stack, when the assembly holds several
  --port N        port of the APIs; AWS_ENDPOINT_URL is the next one; 0 for free ones (default 4577)
  --data DIR      keep everything there; without it all is gone at the end
  --json          print one line of JSON when ready, and nothing else on standard output
  --quiet         do not print what functions log
  --chaos SEED    inject duplicates, delays, throttling, cold starts, lost $disconnects and 410s
`;

const options = {
  assembly: { type: 'string' },
  stack: { type: 'string' },
  port: { type: 'string', default: '4577' },
  data: { type: 'string' },
  json: { type: 'boolean', default: false },
  chaos: { type: 'string' },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help || values.assembly === undefined) {
    process.stderr.write(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const platform = await startPlatform({
    assemblyDirectory: values.assembly,
    port: Number(values.port),
    log: (line) => values.quiet || process.stderr.write(`${line}\n`),
    ...(values.stack !== undefined && { stackName: values.stack }),
    ...(values.chaos !== undefined && { chaos: seededChaos(Number(values.chaos)) }),
    ...(values.data !== undefined && { dataDirectory: values.data }),
  });
  // First, because whoever reads the next line may send a signal at once.
  stopOnSignal(platform);
  process.stdout.write(values.json ? `${JSON.stringify(endpoints(platform))}\n` : describe(platform));
}

function endpoints({ http, ws, endpointUrl, region, credentials, outputs }: Platform): Record<string, unknown> {
  return { http, ws, endpointUrl, region, credentials, outputs };
}

function describe(platform: Platform): string {
  const { credentials } = platform;
  const outputs = Object.entries(platform.outputs).map(([name, value]) => `  ${name} = ${value}`);
  const counts = Object.entries(platform.describe().resources).map(([type, count]) => `  ${count} × ${type}`);
  return [
    `${platform.describe().stackName} runs:`,
    ...counts,
    `HTTP API       ${platform.http}`,
    ...(platform.ws === undefined ? [] : [`WebSocket API  ${platform.ws}`]),
    'Outputs:',
    ...outputs,
    'For AWS SDK clients:',
    `  AWS_ENDPOINT_URL=${platform.endpointUrl} AWS_REGION=${platform.region}`,
    `  AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`,
    'Ctrl-C ends it.',
    '',
  ].join('\n');
}

function stopOnSignal(platform: Platform): void {
  const stop = (): void => {
    platform.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
