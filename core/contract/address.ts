/**
 * How a connection is reached: its id, and before it the encoding that its client asked for. Whatever remembers a
 * connection remembers its address, so a frame is written as its reader reads without anybody looking that up.
 */
import * as z from 'zod';

/** How frames are written on a connection: JSON, or the base64 of a binary frame. */
export const Encoding = z.enum(['json', 'binary']);
export type Encoding = z.infer<typeof Encoding>;

/** API Gateway's connection ids have no colon. */
const binaryPrefix = 'binary:';

/** The address of a new connection. */
export const addressOf = (connectionId: string, encoding: Encoding): string =>
  encoding === 'binary' ? `${binaryPrefix}${connectionId}` : connectionId;

/** The encoding that an address names. */
export const encodingOf = (address: string): Encoding => (address.startsWith(binaryPrefix) ? 'binary' : 'json');

/** The gateway's own id of a connection, from its address or as it is. */
export const connectionIdOf = (address: string): string =>
  address.startsWith(binaryPrefix) ? address.slice(binaryPrefix.length) : address;
