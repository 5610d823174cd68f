import { randomBytes } from 'node:crypto';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** An id in the form API Gateway gives to connections, messages and requests: 15 characters and a `=`. */
export function newGatewayId(): string {
  return `${randomBytes(11).toString('base64url')}=`;
}

/** A trace header value: `Root=1-<8 hex of the second>-<24 hex>`. */
export function newTraceId(epochMs: number): string {
  const second = Math.floor(epochMs / 1000)
    .toString(16)
    .padStart(8, '0');
  return `Root=1-${second}-${randomBytes(12).toString('hex')}`;
}

/** Common log format: `12/Mar/2020:19:03:58 +0000`. */
export function requestTime(epochMs: number): string {
  const at = new Date(epochMs);
  const day = `${twoDigits(at.getUTCDate())}/${months[at.getUTCMonth()] ?? ''}/${at.getUTCFullYear()}`;
  return `${day}:${twoDigits(at.getUTCHours())}:${twoDigits(at.getUTCMinutes())}:${twoDigits(at.getUTCSeconds())} +0000`;
}
