import { randomBytes, randomUUID } from 'node:crypto';

const tokenPrefix = 'AQCEAAAAKgAAAAMAAAAA';
const tokenPattern = /^AQCEAAAAKgAAAAMAAAAA[\w-]{20,}$/;

/** A fresh task token. It doubles as the attempt's name, also for tasks that need no token. */
export function newTaskToken(): string {
  return `${tokenPrefix}${randomBytes(36).toString('base64url')}`;
}

/** Whether the text could be a token of this service. */
export function isTaskToken(text: string): boolean {
  return tokenPattern.test(text);
}

/** A fresh execution name, as StartExecution gives one when none is asked for. */
export function newExecutionName(): string {
  return randomUUID();
}
