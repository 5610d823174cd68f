import { chmod } from 'node:fs/promises';
import * as z from 'zod';
import type { Cli } from '../cli.ts';
import { type Finding, look, ok } from '../doctor/check.ts';
import { checkHttp, checkSocket, checkVersion } from '../doctor/check-connection.ts';
import { checkState } from '../doctor/check-state.ts';
import { checkDeadLetters, checkKeyLife, checkTenant, checkWork } from '../doctor/check-tenant.ts';
import { exitCodes } from '../exit-codes.ts';
import { leaf } from '../group.ts';
import { profilePath } from '../profiles.ts';

/** What can be mended from here. */
const mend = async (cli: Cli): Promise<readonly Finding[]> => {
  const permissions = await look('mended', async () => {
    // No file, nothing to mend.
    await chmod(profilePath(cli.surroundings), 0o600).catch(() => undefined);
    return [];
  });
  const stuck = await look('mended', async () => {
    const { repaired, ended, cancelled } = await (await cli.operator()).clearStuck();
    return ok(
      'mended',
      `${repaired} claims freed, ${ended} overdue tasks ended, ${cancelled} hopeless tasks cancelled`,
    );
  });
  return [...permissions, ...stuck];
};

const findings = async (cli: Cli, isToMend: boolean): Promise<readonly Finding[]> => {
  const place = await cli.connection();
  const { url, apiKey } = place;
  const mended = isToMend ? await mend(cli) : [];
  const http = await checkHttp(cli, place);
  // Nothing else is known while nobody answers or the key is refused.
  if (
    url === undefined ||
    http.some(({ check, status }) => (check === 'address' || check === 'key') && status === 'failing')
  )
    return http;
  const others = await Promise.all([
    checkSocket(cli, place),
    checkVersion(url, apiKey),
    checkKeyLife(cli, apiKey),
    checkTenant(cli, apiKey),
    checkWork(cli),
    checkDeadLetters(cli),
    checkState(cli),
  ]);
  return [...mended, ...http, ...others.flat()];
};

/** `muster doctor`. */
export const doctor = leaf({
  usage: 'doctor',
  summary: 'Look for what is wrong, from here to the platform, and say what to do',
  description:
    'Address, key, clock, caches, socket, version, quotas, the sweep, work that nobody can do, dead letters, and whether agents, tasks and runs agree. Exit code 1 when something is failing.',
  flags: [['--fix', 'first mend what can be mended: permissions of the profile file, claims and tasks that are stuck']],
  examples: ['doctor', 'doctor --json'],
  input: z.object({ fix: z.boolean().default(false) }),
  async run({ fix }, cli) {
    const { output } = cli;
    const found = await findings(cli, fix);
    const isHealthy = found.every(({ status }) => status !== 'failing');
    const wide = Math.max(...found.map(({ check }) => check.length));
    output.result({ isHealthy, checks: found }, () =>
      found
        .flatMap(({ check, status, detail, fix: advice }) => [
          `${output.paint.cell(output.paint.status(status), 8)}  ${check.padEnd(wide)}  ${output.paint.cell(detail)}`,
          ...(advice === undefined ? [] : [`${' '.repeat(wide + 12)}→ ${output.paint.cell(advice)}`]),
        ])
        .join('\n'),
    );
    return isHealthy ? exitCodes.done : exitCodes.failed;
  },
});
