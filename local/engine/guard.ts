/**
 * Runs the command it is given and ends it as soon as its own standard input closes. The platform holds the other end
 * of that pipe, so the operating system closes it however the platform ends, `kill -9` included.
 */
import { spawn } from 'node:child_process';

const [command = '', ...parameters] = process.argv.slice(2);
const child = spawn(command, parameters, { stdio: ['ignore', 'inherit', 'inherit'] });

// Whatever ends this process, an error included, ends the command with it.
process.on('exit', () => child.kill('SIGKILL'));

const graceMs = 2_000;
function end(): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
}

child.on('error', () => process.exit(127));
child.on('exit', (code) => process.exit(code ?? 1));
process.stdin.on('end', end);
process.stdin.on('close', end);
process.stdin.on('error', end);
// A platform that died before it could read leaves a pipe that cannot be written to.
process.stdout.on('error', end);
process.on('SIGTERM', end);
process.stdin.resume();

// The first line tells the platform whom to end should this process be the one that dies.
process.stdout.write(`${JSON.stringify({ pid: child.pid ?? 0 })}\n`);
