import type { AgentView } from '../../core/contract/agent.ts';
import type { Cli } from './cli.ts';
import { exitCodes } from './exit-codes.ts';
import { CliError } from './failure.ts';
import { suggestion } from './suggest.ts';

/** Pages that are looked through for a name. */
const maxPages = 20;

/** An agent by its id or its name. @throws {@link CliError} notFound, with the name that was probably meant */
export const findAgent = async (cli: Cli, agent: string): Promise<AgentView> => {
  const client = await cli.client();
  if (agent.startsWith('agt_')) return client.getAgent(agent);
  const names: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < maxPages; pages++) {
    const found = await client.listAgents({ limit: 100, cursor });
    const hit = found.items.find(({ name }) => name === agent);
    if (hit !== undefined) return client.getAgent(hit.agentId);
    names.push(...found.items.map(({ name }) => name));
    cursor = found.nextCursor;
    if (cursor === undefined) break;
  }
  throw new CliError(`There is no agent ${agent}.`, {
    exitCode: exitCodes.notFound,
    hint: suggestion(agent, names.slice(0, 50), 'There are no agents at all; `muster agent spawn` starts one.'),
  });
};
