/** Whether a rule of a tenant's settings is for a scope: it names the scope, or its beginning and `*`. */
export const fitsScope = (rule: { readonly scope: string }, scope: string): boolean =>
  rule.scope.endsWith('*') ? scope.startsWith(rule.scope.slice(0, -1)) : rule.scope === scope;
