import { TemplateError } from './errors.ts';
import { isObject, scalarText } from './json.ts';

/** `AWS::NoValue`: the property that holds it is left out. */
export const noValue: unique symbol = Symbol('AWS::NoValue');

/** What an intrinsic function may ask of the template around it. */
export interface Scope {
  /** Where the value stands, for error messages: a logical id or an output's name. */
  readonly where: string;
  resolve(value: unknown): unknown;
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): string;
  condition(name: string): boolean;
  mapping(map: string, top: string, second: string): unknown;
  readonly region: string;
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

function fail(scope: Scope, problem: string): never {
  throw new TemplateError(`${scope.where}: ${problem}`);
}

function text(value: unknown, scope: Scope): string {
  return scalarText(scope.resolve(value)) ?? fail(scope, 'a string was expected inside an intrinsic function');
}

function list(value: unknown, scope: Scope): readonly unknown[] {
  const resolved = scope.resolve(value);
  return Array.isArray(resolved) ? resolved : fail(scope, 'a list was expected inside an intrinsic function');
}

/** The argument itself must be written as a list; its members are resolved by the function. */
function parts(argument: unknown, scope: Scope): readonly unknown[] {
  return Array.isArray(argument) ? argument : fail(scope, 'an intrinsic function needs a list of arguments');
}

function attribute(argument: unknown, scope: Scope): string {
  const path = typeof argument === 'string' ? argument.split(/\.(.*)/s, 2) : parts(argument, scope);
  return scope.attribute(text(path[0], scope), text(path[1], scope));
}

function substitute(argument: unknown, scope: Scope): string {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const own = isObject(variables) ? variables : {};
  return text(template, scope).replaceAll(/\$\{(!?)([^}]*)\}/g, (_whole, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    if (Object.hasOwn(own, name)) return text(own[name], scope);
    return name.includes('.') ? attribute(name, scope) : text({ Ref: name }, scope);
  });
}

function join(argument: unknown, scope: Scope): string {
  const [separator, values] = parts(argument, scope);
  return list(values, scope)
    .map((value) => text(value, scope))
    .join(text(separator, scope));
}

function select(argument: unknown, scope: Scope): unknown {
  const [index, values] = parts(argument, scope);
  const found = list(values, scope)[Number(text(index, scope))];
  return found ?? fail(scope, 'Fn::Select points past the end of its list');
}

function truth(argument: unknown, scope: Scope): boolean {
  if (isObject(argument) && typeof argument.Condition === 'string') return scope.condition(argument.Condition);
  return scope.resolve(argument) === true;
}

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => scope.ref(text(argument, scope)),
  Condition: (argument, scope) => scope.condition(text(argument, scope)),
  'Fn::And': (argument, scope) => parts(argument, scope).every((part) => truth(part, scope)),
  'Fn::Base64': (argument, scope) => Buffer.from(text(argument, scope)).toString('base64'),
  'Fn::Contains': (argument, scope) => {
    const [values, wanted] = parts(argument, scope);
    return list(values, scope).includes(scope.resolve(wanted));
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = parts(argument, scope);
    return JSON.stringify(scope.resolve(left)) === JSON.stringify(scope.resolve(right));
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, top, second] = parts(argument, scope);
    return scope.mapping(text(map, scope), text(top, scope), text(second, scope));
  },
  'Fn::GetAtt': attribute,
  'Fn::GetAZs': (_argument, scope) => ['a', 'b', 'c'].map((zone) => `${scope.region}${zone}`),
  'Fn::If': (argument, scope) => {
    const [name, yes, no] = parts(argument, scope);
    return scope.resolve(scope.condition(text(name, scope)) ? yes : no);
  },
  'Fn::Join': join,
  'Fn::Not': (argument, scope) => !truth(parts(argument, scope)[0], scope),
  'Fn::Or': (argument, scope) => parts(argument, scope).some((part) => truth(part, scope)),
  'Fn::Select': select,
  'Fn::Split': (argument, scope) => {
    const [separator, value] = parts(argument, scope);
    return text(value, scope).split(text(separator, scope));
  },
  'Fn::Sub': substitute,
};

/** Replaces every intrinsic function inside a value. @throws {@link TemplateError} for one that this platform cannot answer. */
export function resolveValue(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((member) => resolveValue(member, scope)).filter((m) => m !== noValue);
  if (!isObject(value)) return refuseDynamicReference(value, scope);
  const [name, ...more] = Object.keys(value);
  if (name !== undefined && more.length === 0) {
    const intrinsic = intrinsics[name];
    const isFunction = intrinsic !== undefined && (name !== 'Condition' || typeof value[name] === 'string');
    if (isFunction) return intrinsic(value[name], scope);
    if (name.startsWith('Fn::')) fail(scope, `${name} is not supported by the local platform`);
  }
  const resolved = Object.entries(value).map(([key, member]) => [key, resolveValue(member, scope)] as const);
  return Object.fromEntries(resolved.filter(([, member]) => member !== noValue));
}

function refuseDynamicReference(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string' && value.includes('{{resolve:')) {
    fail(scope, 'dynamic references ({{resolve:…}}) are not supported by the local platform');
  }
  return value;
}
