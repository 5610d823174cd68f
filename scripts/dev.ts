import { parseArgs } from 'node:util';
import { bootPlatform, type LocalMuster, stopOnSignal } from './boot-platform.ts';
import { directoryFromCaller, wholeNumber } from './parameters.ts';

const usage = `Runs Muster on this machine: the stack that \`cdk deploy\` would deploy, without an account.

Usage: npm run dev -- [--port N] [--data DIR] [--json] [--verbose] [--chaos SEED]

  --port N      port of the APIs (default 4577; 0 for a free one)
  --data DIR    keep everything there, also through kill -9; without it all is gone at the end
  --json        print one line of JSON when ready, and nothing else on standard output
  --verbose     print what the functions log, on standard error
  --chaos SEED  inject duplicates, delays, throttling, cold starts, lost $disconnects and 410s

Example: npm run dev -- --port 4577 --data .muster
`;

const options = {
  port: { type: 'string', default: '4577' },
  data: { type: 'string' },
  json: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  chaos: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

const describe = ({ http, ws, apiKey, platform }: LocalMuster): string =>
  [
    'Muster runs on this machine.',
    `  HTTP        ${http}`,
    `  WebSocket   ${ws}`,
    `  API key     ${apiKey}`,
    `  AWS         AWS_ENDPOINT_URL=${platform.endpointUrl} AWS_REGION=${platform.region}`,
    `              AWS_ACCESS_KEY_ID=${platform.credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${platform.credentials.secretAccessKey}`,
    `  Bus         ${platform.outputs['BusName'] ?? ''}`,
    '',
    `Try: curl -H "Authorization: Bearer ${apiKey}" ${http}/system/health`,
    'Ctrl-C ends it.',
    '',
  ].join('\n');

const machineLine = ({ http, ws, apiKey, platform }: LocalMuster): string => {
  const { accessKeyId, secretAccessKey } = platform.credentials;
  const aws = { endpointUrl: platform.endpointUrl, region: platform.region, accessKeyId, secretAccessKey };
  return JSON.stringify({ http, ws, apiKey, aws, outputs: platform.outputs });
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const booting = bootPlatform({
    port: wholeNumber('--port', values.port, [0, 65_535]),
    dataDirectory: values.data === undefined ? undefined : directoryFromCaller('--data', values.data),
    log: values.verbose ? say : () => undefined,
    progress: values.json ? () => undefined : say,
    chaosSeed: values.chaos === undefined ? undefined : wholeNumber('--chaos', values.chaos, [0, 2 ** 32 - 1]),
  });
  stopOnSignal(async () => (await booting).stop());
  const muster = await booting;
  process.stdout.write(values.json ? `${machineLine(muster)}\n` : describe(muster));
};

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
