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

/** A connection speaks for one agent; it has registered another. */
export class ConnectionTakenError extends AppError {
  override readonly name = 'ConnectionTakenError';
  constructor(agentId: string) {
    super(
      'AGENT_ID_TAKEN',
      `This connection is the one of agent ${agentId} already, and speaks for one agent. Register the other over a connection of its own.`,
      { field: 'agentId' },
    );
  }
}

/** An agent of this name exists, and is another. */
export class NameTakenError extends AppError {
  override readonly name = 'NameTakenError';
  constructor(name: string) {
    super('ALREADY_EXISTS', `There is an agent ${name} already. Change it with PATCH, or choose another name.`, {
      field: 'name',
    });
  }
}

/** Something that only an agent has that was connected once. */
export class NeverConnectedError extends AppError {
  override readonly name = 'NeverConnectedError';
  constructor(agentId: string) {
    super('NOT_REGISTERED', `Agent ${agentId} has never connected: there is nothing to pause, drain or limit yet.`);
  }
}

/** Asks for a process that the platform would have to start; agents are started by their owners. */
export class NeedsManagedAgentsError extends AppError {
  override readonly name = 'NeedsManagedAgentsError';
  constructor(what: string) {
    super(
      'NEEDS_MANAGED_AGENTS',
      `${what} needs agents that the platform runs itself; there are none yet. Start or stop the processes where they run.`,
    );
  }
}

/** An operator has stopped the agent; nothing of it is taken before it is resumed. */
export class AgentStoppedError extends AppError {
  override readonly name = 'AgentStoppedError';
  constructor(name: string, reason: string) {
    super(
      'AGENT_STOPPED',
      `The agent ${name} was stopped. It may come back once an operator has resumed it (POST /v1/agents/{agentId}/resume). Why it was: ${reason}`,
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
