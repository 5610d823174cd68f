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
const { runCli } = await import(`${base}main${extension}`);
const { surroundingsOf } = await import(`${base}surroundings${extension}`);
// Not process.exit: what was written to a pipe is to arrive.
process.exitCode = await runCli(process.argv.slice(2), surroundingsOf(fileURLToPath(import.meta.url)));
