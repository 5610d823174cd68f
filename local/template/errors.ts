/** The template cannot run here. The message names the logical id and the type or function that is the reason. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
