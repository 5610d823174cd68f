import { afterAll } from 'vitest';
import { removeAssemblies } from './assemblies.ts';

afterAll(removeAssemblies);
