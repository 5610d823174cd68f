// Runs a command with the project's own Node and packages; installs them first when they are not there or not current.
// Plain JavaScript, so that any Node from 20.19 on can begin with it: `node scripts/with-packages.mjs <command> [args]`.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.installed-from');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

const parent = process.ppid;

if (!isInstalled()) {
  console.error('Installing packages (once; takes about a minute) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Not `npm ci`: it refuses a lock that does not name every other platform's optional binaries.
  const { status } = spawnSync(npm, ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    console.error('npm install failed: see above. Check the network and `npm config get registry`, then try again.');
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, wanted);
}

const binaries = join(root, 'node_modules', '.bin');
const [command, ...args] = process.argv.slice(2);
// The channel tells the child when this process is gone, however it went.
const child = spawn(command, args, {
  cwd: root,
  env: {
    // Most of what starting takes is compiling the same sources, for each process and for each function's environment.
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node'),
    ...process.env,
    PATH: `${binaries}${delimiter}${process.env.PATH ?? ''}`,
  },
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// npm passes no signal on when it is killed; what it started (by `exec`, without a shell between) then has another parent.
if (process.env.npm_lifecycle_event !== undefined) {
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500);
}
child.on('error', (error) => {
  console.error(`${command} could not be started: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
