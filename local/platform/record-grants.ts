import { appendFileSync } from 'node:fs';
import { grantLine, type RoleGrant } from '../iam/read-policies.ts';

const variable = 'LOCAL_RECORD_GRANTS';

/**
 * Notes which grants of roles were used in the file that `LOCAL_RECORD_GRANTS` names: a line each, `role action resource`,
 * at its first use, so that whatever ends the process the file has it. Several platforms may share a file.
 */
export function grantRecorder(environment: NodeJS.ProcessEnv = process.env): ((grant: RoleGrant) => void) | undefined {
  const file = environment[variable];
  if (file === undefined || file === '') return undefined;
  const noted = new Set<string>();
  return (grant) => {
    const line = grantLine(grant);
    if (noted.has(line)) return;
    noted.add(line);
    appendFileSync(file, `${line}\n`);
  };
}
