/**
 * The JSON paths EventBridge understands: dots, quoted brackets, array indices and `*`.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
const stepPattern = /\.([^.[\]]+)|\[(\d+)\]|\[\*\]|\['([^']+)'\]|\["([^"]+)"\]/y;

function parseSteps(path: string): readonly string[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: string[] = [];
  stepPattern.lastIndex = 1;
  while (stepPattern.lastIndex < path.length) {
    const match = stepPattern.exec(path);
    if (match === null) return undefined;
    steps.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '*');
  }
  return steps;
}

function children(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function child(value: unknown, step: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [];
  return [Reflect.get(value, step)];
}

/** Reads a path; undefined when it is malformed or matches nothing. A path with `*` gives an array. */
export function readJsonPath(path: string, root: unknown): unknown {
  const steps = parseSteps(path);
  if (steps === undefined) return undefined;
  const found = steps.reduce<readonly unknown[]>(
    (values, step) => values.flatMap((value) => (step === '*' ? children(value) : child(value, step))),
    [root],
  );
  return steps.includes('*') ? found : found[0];
}
