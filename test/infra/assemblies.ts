import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';

const directories: string[] = [];

/** An app; what it is synthesised to goes when its test file has run. The CDK's own temporary directories stay for ever. */
export const createApp = (): App => {
  const outdir = mkdtempSync(join(tmpdir(), 'muster-assembly-'));
  directories.push(outdir);
  return new App({ outdir });
};

export const removeAssemblies = (): void => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
};
