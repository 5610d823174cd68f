import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Surroundings } from '../surroundings.ts';

/** An agent that was started here as a process of its own. Nothing of its key. */
export const AgentRecord = z.strictObject({
  name: z.string(),
  type: z.string(),
  pid: z.int().positive(),
  /** The last of its parameters: tells whether the process of this number is still this one. */
  mark: z.string(),
  log: z.string(),
  startedAt: z.number(),
});
export type AgentRecord = z.infer<typeof AgentRecord>;

type Place = Pick<Surroundings, 'env' | 'home'>;

/** Where records and logs of agents are kept. */
export const agentFolder = ({ env, home }: Place): string =>
  join(env['XDG_STATE_HOME'] || join(home, '.local', 'state'), 'muster', 'agents');

/** The file of an agent; names may have slashes. */
export const agentFile = (place: Place, name: string, extension: 'json' | 'log'): string =>
  join(agentFolder(place), `${encodeURIComponent(name)}.${extension}`);

export const writeRecord = async (place: Place, record: AgentRecord): Promise<void> => {
  await mkdir(agentFolder(place), { recursive: true, mode: 0o700 });
  await writeFile(agentFile(place, record.name, 'json'), `${JSON.stringify(record)}\n`, { mode: 0o600 });
};

export const removeRecord = (place: Place, name: string): Promise<void> =>
  rm(agentFile(place, name, 'json'), { force: true });

const readRecord = async (path: string): Promise<AgentRecord[]> => {
  try {
    return [AgentRecord.parse(JSON.parse(await readFile(path, 'utf8')))];
  } catch {
    // Half written by a start that is under way, or of another version.
    return [];
  }
};

/** Every agent that was started here and not stopped here, by name. */
export const readRecords = async (place: Place): Promise<AgentRecord[]> => {
  const folder = agentFolder(place);
  if (!existsSync(folder)) return [];
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).toSorted();
  return (await Promise.all(files.map((file) => readRecord(join(folder, file))))).flat();
};

const commandLine = (pid: number): string => {
  if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
};

/** Whether the agent's process is there, and is not another that has got its number since. */
export const isAlive = ({ pid, mark }: Pick<AgentRecord, 'pid' | 'mark'>): boolean => {
  try {
    process.kill(pid, 0);
    return commandLine(pid).includes(mark);
  } catch {
    return false;
  }
};
