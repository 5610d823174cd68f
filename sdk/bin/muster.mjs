#!/usr/bin/env node
// Plain JavaScript, so that it is there before anything is built: in a checkout the sources run as they are.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../cli/main.ts', import.meta.url);
const isCheckout = existsSync(source);
if (isCheckout && !process.features.typescript) {
  console.error('This checkout of Muster runs on its own Node: use `npx muster`, or put node_modules/.bin on PATH.');
  process.exit(2);
}
const base = isCheckout ? '../cli/' : '../dist/sdk/cli/';
const extension = isCheckout ? '.ts' : '.js';
const parts = async () => {
  try {
    return { ...(await import(`${base}main${extension}`)), ...(await import(`${base}surroundings${extension}`)) };
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    // An install that was interrupted leaves some of the packages.
    console.error(`Not everything that muster needs is installed: ${error.message}`);
    console.error(
      isCheckout
        ? 'What to do: `npm install` in the checkout of Muster.'
        : 'What to do: `npm install` where @muster/sdk was installed, or `npm install @muster/sdk` again.',
    );
    return process.exit(2);
  }
};
const { runCli, surroundingsOf } = await parts();
// Not process.exit: what was written to a pipe is to arrive.
process.exitCode = await runCli(process.argv.slice(2), surroundingsOf(fileURLToPath(import.meta.url)));
