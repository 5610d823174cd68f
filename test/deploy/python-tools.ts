import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How to run what the check needs of Python. */
export interface PythonTools {
  readonly python: string;
  /** Added to the environment of every call. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the linter is there: a folder that somebody else filled may lack it. */
  readonly hasLinter: boolean;
}

/** The tools cannot be had here, and why. */
export interface Unavailable {
  readonly reason: string;
}

const root = join(import.meta.dirname, '..', '..');
const requirementsFile = join(import.meta.dirname, 'requirements.txt');
const cache = join(root, '.cache', 'deploy-check');

/** The oldest Python that MiniStack runs on. */
const oldestPython = [3, 10] as const;

const runQuietly = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(command, [...args], { env, encoding: 'utf8' });

const versionProgram = 'import sys, venv; print(sys.version_info[0], sys.version_info[1])';

const findPython = (): string | undefined =>
  ['python3', 'python'].find((command) => {
    const { status, stdout } = runQuietly(command, ['-c', versionProgram]);
    const [major = 0, minor = 0] = stdout?.split(' ').map(Number) ?? [];
    return status === 0 && (major > oldestPython[0] || (major === oldestPython[0] && minor >= oldestPython[1]));
  });

const imports = (python: string, module: string, env: Readonly<Record<string, string>>): boolean =>
  runQuietly(python, ['-c', `import ${module}`], { ...process.env, ...env }).status === 0;

const fromDirectory = (python: string, directory: string): PythonTools | Unavailable => {
  const env = { PYTHONPATH: directory };
  if (!imports(python, 'ministack', env)) return { reason: `MINISTACK_DIR=${directory} has no package ministack` };
  return { python, env, hasLinter: imports(python, 'cfnlint', env) };
};

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** Makes a virtual environment of exactly the pinned versions, once for each content of the list. */
const fromRegistry = (python: string, progress: (line: string) => void): PythonTools | Unavailable => {
  const requirements = readFileSync(requirementsFile, 'utf8');
  const directory = join(cache, createHash('sha256').update(requirements).digest('hex').slice(0, 12));
  const tools = { python: join(directory, 'bin', 'python'), env: {}, hasLinter: true };
  const stamp = join(directory, '.complete');
  if (existsSync(stamp)) return tools;
  progress('Installing the AWS implementation and the linter (once; takes about half a minute) …');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const made = runQuietly(python, ['-m', 'venv', directory]);
  if (made.status !== 0) return { reason: `${python} makes no virtual environment: ${lastLine(made.stderr)}` };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirementsFile];
  const installed = runQuietly(tools.python, pip);
  if (installed.status !== 0) return { reason: `the Python registry does not answer: ${lastLine(installed.stderr)}` };
  writeFileSync(stamp, '');
  return tools;
};

/**
 * MiniStack and cfn-lint: from the folder that `MINISTACK_DIR` names (filled by `pip install --target`), else from the Python
 * registry.
 */
export const findPythonTools = (progress: (line: string) => void): PythonTools | Unavailable => {
  const python = findPython();
  if (python === undefined) return { reason: `there is no Python ${oldestPython.join('.')} or later with venv` };
  const directory = process.env['MINISTACK_DIR'];
  return directory === undefined ? fromRegistry(python, progress) : fromDirectory(python, directory);
};
