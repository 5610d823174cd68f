import { TemplateError } from './errors.ts';
import { type Identity, identify, type Place } from './identity.ts';
import { noValue, resolveValue, type Scope } from './intrinsics.ts';
import { isObject, type JsonObject, scalarText } from './json.ts';
import type { Assembly } from './read-assembly.ts';
import { treatmentOf } from './resource-types.ts';
import type { Template } from './template-schema.ts';

/** A resource with every intrinsic function resolved. */
export interface StackResource extends Identity {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** A stack ready to run. */
export interface Stack {
  readonly name: string;
  readonly resources: readonly StackResource[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly assets: ReadonlyMap<string, string>;
}

/**
 * Resolves a stack's template: parameters' defaults, conditions, mappings and intrinsic functions.
 * @throws {@link TemplateError} naming every resource whose type is neither run nor inert.
 */
export function loadStack(assembly: Assembly, place: Place, parameters: Readonly<Record<string, string>> = {}): Stack {
  const { template } = assembly;
  const reader = new StackReader(template, place, parameters);
  const included = Object.entries(template.Resources).filter(
    ([, resource]) => resource.Condition === undefined || reader.condition(resource.Condition),
  );
  refuse(included.map(([logicalId, resource]) => ({ logicalId, type: resource.Type })));
  const resources = included.map(([logicalId, resource]) => ({
    logicalId,
    type: resource.Type,
    properties: reader.properties(logicalId, resource.Properties),
    ...reader.identity(logicalId),
  }));
  const outputs = Object.entries(template.Outputs)
    .filter(([, output]) => output.Condition === undefined || reader.condition(output.Condition))
    .map(([name, output]) => [name, scalarText(reader.resolve(output.Value, `output ${name}`)) ?? ''] as const);
  return { name: place.stackName, resources, outputs: Object.fromEntries(outputs), assets: assembly.assets };
}

function refuse(resources: readonly { logicalId: string; type: string }[]): void {
  const refused = resources.filter(({ type }) => treatmentOf(type) === 'refuse');
  if (refused.length === 0) return;
  const names = refused.map(({ logicalId, type }) => `${logicalId} (${type})`).join(', ');
  throw new TemplateError(`the local platform cannot run these resources: ${names}`);
}

class StackReader {
  readonly #template: Template;
  readonly #place: Place;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #identities = new Map<string, Identity>();
  readonly #pseudo: Readonly<Record<string, unknown>>;

  constructor(template: Template, place: Place, parameters: Readonly<Record<string, string>>) {
    this.#template = template;
    this.#place = place;
    this.#parameters = parameters;
    this.#pseudo = {
      'AWS::AccountId': place.accountId,
      'AWS::NoValue': noValue,
      'AWS::NotificationARNs': [],
      'AWS::Partition': 'aws',
      'AWS::Region': place.region,
      'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.accountId}:stack/${place.stackName}/local`,
      'AWS::StackName': place.stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
  }

  resolve(value: unknown, where: string): unknown {
    return resolveValue(value, this.#scope(where));
  }

  properties(logicalId: string, properties: JsonObject): JsonObject {
    const resolved = this.resolve(properties, logicalId);
    return isObject(resolved) ? resolved : {};
  }

  condition(name: string): boolean {
    if (!Object.hasOwn(this.#template.Conditions, name)) throw new TemplateError(`condition ${name} is not defined`);
    return this.resolve(this.#template.Conditions[name], `condition ${name}`) === true;
  }

  identity(logicalId: string): Identity {
    const known = this.#identities.get(logicalId);
    if (known !== undefined) return known;
    const resource = this.#template.Resources[logicalId];
    if (resource === undefined) throw new TemplateError(`${logicalId} is neither a resource nor a parameter`);
    const text = (property: string): string | undefined => {
      const value = this.resolve(resource.Properties[property], logicalId);
      return scalarText(value);
    };
    const identity = identify({ logicalId, type: resource.Type, text }, this.#place);
    this.#identities.set(logicalId, identity);
    return identity;
  }

  #scope(where: string): Scope {
    const scope: Scope = {
      where,
      region: this.#place.region,
      resolve: (value) => resolveValue(value, scope),
      ref: (name) => this.#ref(name),
      attribute: (logicalId, attribute) => this.#attribute(logicalId, attribute, where),
      condition: (name) => this.condition(name),
      mapping: (map, top, second) => {
        const value = this.#template.Mappings[map]?.[top]?.[second];
        if (value === undefined) throw new TemplateError(`${where}: mapping ${map} has no ${top}.${second}`);
        return value;
      },
    };
    return scope;
  }

  #ref(name: string): unknown {
    if (Object.hasOwn(this.#pseudo, name)) return this.#pseudo[name];
    const parameter = this.#template.Parameters[name];
    return parameter === undefined ? this.identity(name).ref : this.#parameter(name, parameter);
  }

  #parameter(name: string, parameter: { Type: string; Default?: unknown }): unknown {
    const given = this.#parameters[name];
    if (given !== undefined) return parameter.Type.startsWith('List') ? given.split(',') : given;
    // The version of the CDK bootstrap stack: nothing is deployed here, so every version will do.
    if (name === 'BootstrapVersion') return '1000';
    if (parameter.Type.startsWith('AWS::SSM::') || parameter.Default === undefined) {
      throw new TemplateError(`parameter ${name} (${parameter.Type}) needs a value`);
    }
    const { Default: value } = parameter;
    const isList = parameter.Type === 'CommaDelimitedList' || parameter.Type.startsWith('List');
    return isList && typeof value === 'string' ? value.split(',') : value;
  }

  #attribute(logicalId: string, attribute: string, where: string): string {
    const { attributes } = this.identity(logicalId);
    const value = attributes[attribute];
    if (value === undefined) {
      const type = this.#template.Resources[logicalId]?.Type ?? 'unknown';
      throw new TemplateError(`${where}: attribute ${attribute} of ${logicalId} (${type}) is not known here`);
    }
    return value;
  }
}
