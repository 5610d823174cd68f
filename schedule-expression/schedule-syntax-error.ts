/** Why a schedule expression is refused; the message is the reason alone. */
export class ScheduleSyntaxError extends Error {
  override readonly name = 'ScheduleSyntaxError';
}
