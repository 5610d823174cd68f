import type { Role } from '../contract/roles.ts';

/** What a valid token says of its bearer. */
export interface TokenIdentity {
  readonly tenant: string;
  readonly subject: string;
  readonly role: Role;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

/** Tokens of the identity provider that this installation trusts. */
export interface Tokens {
  /**
   * Whom a token speaks for; `undefined` for anything that is not a live token of the trusted issuer for this audience,
   * names no tenant or no known role, and where no issuer is trusted.
   * @throws UnavailableError when the issuer's keys cannot be read.
   */
  verify(token: string): Promise<TokenIdentity | undefined>;
}
