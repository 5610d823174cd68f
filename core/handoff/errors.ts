import { AppError } from '../errors/app-error.ts';

/** A task that was meant for one agent from the start: its vote, its bid, its turn to lead. */
export class NotHandedOverError extends AppError {
  override readonly name = 'NotHandedOverError';
  constructor(taskId: string) {
    super('INVALID_FIELD', `${taskId} is asked of this agent alone and cannot be handed over. Fail it instead.`, {
      field: 'taskId',
    });
  }
}
