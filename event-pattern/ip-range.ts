import { isIP } from 'node:net';

/** An inclusive range of addresses of one family. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** A CIDR that AWS refuses, with its reason. */
export class CidrError extends Error {
  override readonly name = 'CidrError';
}

const version4Shape = /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/;
const version6Shape = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/;

function parseVersion4(address: string): bigint | undefined {
  const octets = address.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((value, octet) => value * 256n + BigInt(octet), 0n);
}

function parseVersion6(address: string): bigint | undefined {
  if (isIP(address) !== 6) return undefined;
  const [head = '', tail] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros: string[] = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n);
}

/** The address as a one-address range, or undefined when the text is not a plain IPv4 or IPv6 address. */
export function parseIp(address: string): IpRange | undefined {
  const family = version4Shape.test(address) ? 4 : version6Shape.test(address) ? 6 : undefined;
  if (family === undefined) return undefined;
  const value = family === 4 ? parseVersion4(address) : parseVersion6(address);
  return value === undefined ? undefined : { family, first: value, last: value };
}

/** @throws {@link CidrError} as AWS: one slash, an integer mask of 0 to 31 (IPv4) or 0 to 127 (IPv6), a real address. */
export function parseCidr(cidr: string): IpRange {
  const parts = cidr.replace(/\/+$/, '').split('/');
  const [address = '', mask = ''] = parts;
  if (parts.length !== 2) throw new CidrError("Malformed CIDR, one '/' required");
  if (!/^[+-]?\d+$/.test(mask)) throw new CidrError('Malformed CIDR, mask bits must be an integer');
  const maskBits = Number(mask);
  if (maskBits < 0) throw new CidrError('Malformed CIDR, mask bits must not be negative');
  if (!version4Shape.test(address) && !version6Shape.test(address)) {
    throw new CidrError(`Nonstandard IP address: ${address}`);
  }
  const ip = parseIp(address);
  if (ip === undefined) throw new CidrError(`Invalid IP address: ${address}`);
  const width = ip.family === 4 ? 32 : 128;
  if (maskBits >= width) throw new CidrError(`IPv${ip.family} mask bits must be < ${width}`);
  const hostMask = (1n << BigInt(width - maskBits)) - 1n;
  return { family: ip.family, first: ip.first & ~hostMask, last: ip.first | hostMask };
}

export function containsIp(range: IpRange, address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && ip.family === range.family && ip.first >= range.first && ip.first <= range.last;
}
