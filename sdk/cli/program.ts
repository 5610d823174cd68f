import { Command } from 'commander';
import { agentsGroup } from './commands/agents.ts';
import { approvalsGroup } from './commands/approvals.ts';
import { complete } from './commands/complete.ts';
import { completion } from './commands/completion.ts';
import { conflictsGroup } from './commands/conflicts.ts';
import { cost } from './commands/cost.ts';
import { deadLettersGroup } from './commands/dead-letters.ts';
import { deploy } from './commands/deploy.ts';
import { dev } from './commands/dev.ts';
import { doctor } from './commands/doctor.ts';
import { escalationsGroup } from './commands/escalations.ts';
import { keysGroup } from './commands/keys.ts';
import { login, logout } from './commands/login.ts';
import { messagesGroup } from './commands/messages.ts';
import { profilesGroup } from './commands/profiles.ts';
import { runsGroup } from './commands/runs.ts';
import { stateGroup } from './commands/state.ts';
import { systemGroup } from './commands/system.ts';
import { tasksGroup } from './commands/tasks.ts';
import { triggersGroup } from './commands/triggers.ts';
import { workflowsGroup } from './commands/workflows.ts';
import { exitCodeHelp } from './exit-codes.ts';
import { addGroup, type Group } from './group.ts';
import type { LeafSurroundings } from './leaf.ts';

const groups: readonly Group[] = [
  agentsGroup,
  tasksGroup,
  workflowsGroup,
  runsGroup,
  triggersGroup,
  stateGroup,
  conflictsGroup,
  approvalsGroup,
  escalationsGroup,
  deadLettersGroup,
  messagesGroup,
  systemGroup,
  keysGroup,
  profilesGroup,
];

const environmentHelp = `Environment:
  MUSTER_URL, MUSTER_API_KEY  the platform (HTTP or WebSocket address) and the key, in place of a profile
  MUSTER_SOCKET_URL           its WebSocket address, where it does not follow from the other
  MUSTER_PROFILE              the profile to use
  NO_COLOR                    no colours`;

/** The whole command line of `muster`, ready to parse. It ends no process and writes no error by itself. */
export const createProgram = (version: string, leaves: LeafSurroundings): Command => {
  const { stdout, stderr } = leaves.surroundings;
  const program = new Command('muster')
    .description('Runs fleets of AI agents: what there is, what it does, and how to change it.')
    .version(version, '--version', 'print the version')
    .option('--json', 'print JSON: one value, or a line for each update')
    .option('--profile <name>', 'use this profile')
    .option('--url <address>', 'talk to the platform at this address')
    .option('--socket-url <address>', 'its WebSocket address, where it does not follow from --url')
    .option('--no-color', 'no colours')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns || 100,
      getErrHelpWidth: () => stderr.columns || 100,
      // Whoever runs the program shows errors, in one way for all of them.
      outputError: () => undefined,
    })
    .exitOverride()
    .addHelpText('after', `\nExamples:\n  $ muster dev\n  $ muster agents ls\n  $ muster workflow run review --watch`)
    .addHelpText('after', `\n${exitCodeHelp}\n\n${environmentHelp}`);
  dev(program, leaves);
  deploy(program, leaves);
  for (const group of groups) addGroup(program, group, leaves);
  login(program, leaves);
  logout(program, leaves);
  cost(program, leaves);
  doctor(program, leaves);
  completion(program, leaves);
  complete(program)(program, leaves);
  return program;
};
