/** A policy in the template that this platform cannot evaluate: refused at start-up, never guessed at. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}
