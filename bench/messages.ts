import { loadavg } from 'node:os';
import { orRefuse, readOptions, wholeNumber } from '../scripts/parameters.ts';
import { type Exchange, exchangeMessages } from './messages/exchange.ts';

const usage = `Lets agents write to each other as fast as this machine takes it, under faults, and counts what went wrong.

Usage: npm run bench:messages -- [--agents N] [--seconds N] [--batch N] [--json]

  --agents N   how many (default 100)
  --seconds N  how long each run takes (default 60)
  --batch N    messages in one frame, to one agent as a rule; without it a run with one and a run with ten
  --json       print one line of JSON

In each run one message of a hundred is sent twice, a hundredth of the connections is cut each second, a tenth of the
agents is away for a third of the time, and the platform is killed once and started again.
`;

const print = (batch: number, load: number, result: Exchange): void => {
  const { acknowledged, perSecond, perSecondUp, bestSecond, refused, drops, downMs, settleMs } = result;
  const lines = [
    `${batch} message${batch === 1 ? '' : 's'} a frame: ${perSecond.toFixed(0)} a second, ${perSecondUp.toFixed(0)} while the platform was up, ${bestSecond} in the best second (load before: ${load.toFixed(1)})`,
    `  ${acknowledged} acknowledged, ${refused} refused; ${drops} connections cut, the platform away for ${(downMs / 1000).toFixed(1)} s`,
    `  ${result.lost} acknowledged messages lost, ${result.repeated} effects repeated, ${result.outOfOrder} out of their sender's order; all had arrived ${(settleMs / 1000).toFixed(1)} s after the last was sent`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
};

/** Beside the figures, which are on standard output. */
const progress = (line: string): void => void process.stderr.write(`… ${line}\n`);

const main = async (): Promise<void> => {
  const values = readOptions(usage, {
    agents: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    batch: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const agents = wholeNumber('--agents', values.agents, [10, 1000]);
  const seconds = wholeNumber('--seconds', values.seconds, [10, 3600]);
  const batches = values.batch === undefined ? [1, 10] : [wholeNumber('--batch', values.batch, [1, 10])];
  const results: Record<string, Exchange & { readonly load: number }> = {};
  for (const batch of batches) {
    const [load = 0] = loadavg();
    const result = await exchangeMessages({ agents, seconds, batch, awaySeconds: seconds / 3, progress });
    results[batch] = { ...result, load };
    if (!values.json) print(batch, load, result);
    if (result.lost + result.repeated + result.outOfOrder > 0) process.exitCode = 1;
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
};

await orRefuse(main);
