import { runAgent } from '../../shared/run-agent.ts';
import { review } from '../handlers.ts';

await runAgent({ name: 'reviewer', capabilities: ['feature.review'], handlers: { review_code: review } });
