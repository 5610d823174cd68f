import { runAgent } from '../../shared/run-agent.ts';
import { refactor } from '../handlers.ts';

await runAgent({ name: 'refactorer', capabilities: ['debt.refactoring'], handlers: { refactor } });
