import { JwtVerifier } from 'aws-jwt-verify';
import { JwtBaseError } from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import * as z from 'zod';
import type { IdentityProvider } from '#core/contract/env.ts';
import { Role } from '#core/contract/roles.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import type { TokenIdentity, Tokens } from '#core/ports/tokens.ts';

const Claims = z.looseObject({ sub: z.string().min(1).max(256), exp: z.number() });

/** A role as one word, or among the groups that a provider lists; of several known ones the mightiest. */
const roleOf = (claim: unknown): Role | undefined => {
  const words = z.union([z.string().transform((word) => [word]), z.array(z.string())]).safeParse(claim).data ?? [];
  return Role.options.find((role) => words.includes(role));
};

const identityOf = ({ tenantClaim, roleClaim }: IdentityProvider, claims: unknown): TokenIdentity | undefined => {
  const known = Claims.safeParse(claims);
  const tenant = z.string().safeParse(known.data?.[tenantClaim]);
  const role = roleOf(known.data?.[roleClaim]);
  if (!known.success || !tenant.success || role === undefined) return undefined;
  return { tenant: tenant.data, subject: known.data.sub, role, endsAt: known.data.exp * 1000 };
};

const timeoutMs = 3000;

/** The issuer's keys: a few kilobytes that are read once for each environment, and again for a key that is new. */
const fetcher = {
  fetch: async (uri: string): Promise<ArrayBuffer> => {
    const response = await fetch(uri, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new UnavailableError('The issuer of tokens');
    return response.arrayBuffer();
  },
};

/**
 * Tokens of one OpenID Connect issuer: signature, issuer, audience and times are checked against the keys that the issuer
 * publishes, symmetric and unsigned ones refused.
 */
export const createOidcTokens = (provider: IdentityProvider): Tokens => {
  const { issuer, audience, jwksUri } = provider;
  const verifier = JwtVerifier.create(
    { issuer, audience, ...(jwksUri === undefined ? {} : { jwksUri }) },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  return {
    verify: async (token) => {
      try {
        return identityOf(provider, await verifier.verify(token));
      } catch (error) {
        // A token that is none, is not of this issuer, has ended, or is signed by a key that the issuer does not have.
        if (error instanceof JwtBaseError) return undefined;
        throw new UnavailableError('The issuer of tokens', { cause: error });
      }
    },
  };
};

/** Where no issuer is trusted, no token is. */
export const noTokens: Tokens = { verify: async () => undefined };
