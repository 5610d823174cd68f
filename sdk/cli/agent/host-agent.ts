import { Agent } from '../../src/agent.ts';
import type { Cli } from '../cli.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import type { PreparedAgent } from './templates.ts';

/** Printed once an agent is registered; the agents of the examples print the same. */
export const readyLine = 'ready';

/** Work in hand may take this long after the agent was told to end. */
const drainMs = 5000;

/** The WebSocket address. @throws {@link CliError} when only the other is known */
export const socketUrlOf = async (cli: Cli): Promise<{ readonly url: string; readonly apiKey: string }> => {
  const { socketUrl, apiKey } = await cli.connection();
  if (socketUrl !== undefined) return { url: socketUrl, apiKey };
  throw new CliError('An agent needs the WebSocket address of the platform, and only its HTTP address is known.', {
    hint: 'Give it with --socket-url, MUSTER_SOCKET_URL, or `muster login`: the output SocketUrl of the stack.',
  });
};

/** What an agent is called and of which type it is. */
export interface Identity {
  readonly name: string;
  readonly type: string;
}

/** Ends with the agent's own end, or after Ctrl-C once what it has is done. */
const untilStopped = async (agent: Agent, { surroundings, output }: Cli): Promise<ExitCode> => {
  const stopped = new Promise<ExitCode>((resolve) => {
    agent.on('stopped', ({ error }) => {
      if (error !== undefined) output.failure({ code: 'CLI', message: error.message, exitCode: exitCodes.child });
      resolve(error === undefined ? exitCodes.done : exitCodes.child);
    });
  });
  let callOff = (): void => undefined;
  const stopListening = surroundings.onInterrupt(() => {
    callOff = surroundings.timers.after(drainMs, () => void agent.stop());
    void agent.drain();
  });
  try {
    await agent.start();
    output.entry({ event: readyLine, agentId: agent.agentId }, () => readyLine);
  } catch {
    // The `stopped` event has said why.
  }
  const code = await stopped;
  stopListening();
  callOff();
  return code;
};

/** Is an agent of a template, in this process, until Ctrl-C or a signal. */
export const hostAgent = async (
  { name, type }: Identity,
  { registration, handlers }: PreparedAgent,
  cli: Cli,
): Promise<ExitCode> => {
  const { output } = cli;
  const connection = await socketUrlOf(cli);
  // Without a capability of its own it is found by what it is.
  const capabilities = (registration.capabilities ?? []).length === 0 ? [type] : registration.capabilities;
  const agent = new Agent({ ...connection, ...registration, capabilities, name, type });
  for (const [taskType, handler] of Object.entries(handlers)) agent.handle(taskType, handler);
  agent.on('connected', ({ agentId }) => output.aside(`${name} is connected as ${agentId}.`));
  agent.on('retrying', ({ error }) => output.aside(`not connected yet: ${error.message}`));
  agent.on('disconnected', ({ reason }) => output.aside(`disconnected: ${reason}`));
  agent.on('error', (error) => output.aside(error.message));
  agent.on('completed', ({ task, outcome }) => output.aside(`${task.taskId} ${task.type} ${outcome}`));
  return untilStopped(agent, cli);
};
