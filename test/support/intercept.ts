/** One call of a port, before or after it took effect. */
export interface PortCall {
  readonly port: string;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

/** Looked up at every call, so a test may exchange them on the object that it passed in. */
export interface PortHooks {
  /** Throwing here loses the request: nothing has happened. */
  before?: (call: PortCall) => void | Promise<void>;
  /** Throwing here loses the answer: the effect took place. */
  after?: (call: PortCall) => void | Promise<void>;
}

/** The port with hooks around each of its asynchronous methods; everything else is passed through. */
export const intercept = <Port extends object>(name: string, port: Port, hooks: PortHooks): Port =>
  new Proxy(port, {
    get: (target, property, receiver): unknown => {
      const member: unknown = Reflect.get(target, property, receiver);
      if (typeof member !== 'function' || typeof property !== 'string') {
        return member;
      }
      if (member.constructor.name !== 'AsyncFunction') {
        return (...parameters: readonly unknown[]): unknown => Reflect.apply(member, target, parameters);
      }
      return async (...parameters: readonly unknown[]): Promise<unknown> => {
        const call = { port: name, method: property, parameters };
        await hooks.before?.(call);
        const result: unknown = await Reflect.apply(member, target, parameters);
        await hooks.after?.(call);
        return result;
      };
    },
  });
