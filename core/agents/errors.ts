import { AppError } from '../errors/app-error.ts';

/** The agent belongs to the principal that first registered it. */
export class AgentIdTakenError extends AppError {
  override readonly name = 'AgentIdTakenError';
  constructor(field: 'agentId' | 'name') {
    super(
      'AGENT_ID_TAKEN',
      `Another principal registered this ${field} first. Choose another ${field}, or use that principal's key.`,
      { field },
    );
  }
}

/** A frame that needs an agent came over a connection that has registered none. */
export class NotRegisteredError extends AppError {
  override readonly name = 'NotRegisteredError';
  constructor() {
    super('NOT_REGISTERED', 'Send agent.register and wait for agent.registered before this frame.');
  }
}
