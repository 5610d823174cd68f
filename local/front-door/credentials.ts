import { createHash, createHmac } from 'node:crypto';
import type { Principal } from '../iam/authorizer.ts';

/** What an AWS SDK needs to sign requests. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * Hands out credentials and knows whose they are. They follow from the seed alone, so a url presigned before a restart
 * with the same seed is still good after it.
 */
export class CredentialRegistry {
  readonly #seed: string;
  readonly #principals = new Map<string, Principal>();

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Credentials of a role, the same ones each time. */
  forRole(roleArn: string): Credentials {
    return this.#issue(`ASIA${this.#digest(roleArn)}`, { kind: 'role', arn: roleArn });
  }

  /** Credentials that may do everything: a person's, or a test's. */
  forDeveloper(): Credentials {
    return this.#issue(`AKIA${this.#digest('developer')}`, { kind: 'developer' });
  }

  /** Whose access key this is; undefined when nobody's. */
  principalOf(accessKeyId: string): Principal | undefined {
    return this.#principals.get(accessKeyId);
  }

  /** The key that signatures made with this access key id are checked with. */
  secretOf(accessKeyId: string): string {
    return createHmac('sha256', this.#seed).update(accessKeyId).digest('base64').slice(0, 40);
  }

  #issue(accessKeyId: string, principal: Principal): Credentials {
    this.#principals.set(accessKeyId, principal);
    return { accessKeyId, secretAccessKey: this.secretOf(accessKeyId), sessionToken: 'local' };
  }

  #digest(name: string): string {
    return createHash('sha256').update(`${this.#seed}/${name}`).digest('hex').slice(0, 16).toUpperCase();
  }
}

const credentialScope = /Credential=([^/,\s]+)\/\d{8}\/[^/]*\/([^/]+)\/aws4_request/;

/** The access key id and the service that an `Authorization` header of signature version 4 names. */
export function readCredentialScope(
  authorization: string | undefined,
): { readonly accessKeyId: string; readonly service: string } | undefined {
  const [, accessKeyId, service] = credentialScope.exec(authorization ?? '') ?? [];
  return accessKeyId === undefined || service === undefined ? undefined : { accessKeyId, service };
}
