import { AwsError } from '../../contract.ts';

/** The pattern is not one that EventBridge accepts; `reason` is AWS's sentence, `path` the field it is about. */
export class InvalidEventPatternError extends AwsError {
  readonly reason: string;
  readonly path: string;
  constructor(reason: string, path: string) {
    super('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
    this.reason = reason;
    this.path = path;
  }
}
