import { grantsOf, type RoleGrant, readPolicies } from '../iam/read-policies.ts';
import { loadStack } from '../template/load-stack.ts';
import { readAssembly } from '../template/read-assembly.ts';
import { location } from './platform-options.ts';

/** What the roles of a stack may do. */
export interface StackGrants {
  /** As `LOCAL_RECORD_GRANTS` notes them. */
  readonly grants: readonly RoleGrant[];
  /** The generated names of resources by their logical ids. */
  readonly logicalIds: ReadonlyMap<string, string>;
}

/** Reads what a running platform would check, without starting one. @throws TemplateError, PolicyError as the start does */
export function readGrants(assemblyDirectory: string): StackGrants {
  const assembly = readAssembly(assemblyDirectory);
  const nowhere = `http://${location.host}`;
  const place = { ...location, stackName: assembly.stackName, endpointUrl: nowhere, apiUrl: () => nowhere };
  const { resources } = loadStack(assembly, place);
  return {
    grants: grantsOf(readPolicies(resources, place)),
    logicalIds: new Map(resources.map(({ physicalId, logicalId }) => [physicalId, logicalId])),
  };
}
