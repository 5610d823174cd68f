import { runCommand } from './run-command.ts';

const { exitCode, output, errors } = runCommand(process.argv.slice(2));
process.stderr.write(errors);
process.stdout.write(output);
process.exitCode = exitCode;
