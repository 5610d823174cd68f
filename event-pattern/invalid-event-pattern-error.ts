/** The pattern is not one that EventBridge accepts; `reason` is AWS's sentence, `path` the field it is about. */
export class InvalidEventPatternError extends Error {
  override readonly name = 'InvalidEventPatternError';
  readonly reason: string;
  readonly path: string;
  constructor(reason: string, path: string) {
    super(`Event pattern is not valid. Reason: ${reason}`);
    this.reason = reason;
    this.path = path;
  }
}
