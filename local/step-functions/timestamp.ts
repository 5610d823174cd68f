const pattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** RFC 3339 asks for seconds; the looser ISO-8601 form that AWS reads at run time does not. */
const strictPattern = /T\d{2}:\d{2}:\d{2}/;

/**
 * Epoch milliseconds of an ISO-8601 extended offset date-time, or undefined when the text is not one: the `T`, an
 * offset (`Z` or `+hh:mm`), a real date and a real time are all required. Below a millisecond is cut off.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const date = new Date(Date.UTC(part(1), part(2) - 1, part(3)));
  const isRealDate = date.getUTCMonth() === part(2) - 1 && date.getUTCDate() === part(3);
  if (!isRealDate || part(4) > 23 || part(5) > 59 || part(6) > 59) return undefined;
  const fraction = (match[7] ?? '').slice(0, 4);
  const epochMs = Date.parse(
    `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6] ?? '00'}${fraction}${match[8]}`,
  );
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

/** Whether the text is an RFC 3339 timestamp, as a definition's literal `Timestamp` must be. */
export function isRfc3339(text: string): boolean {
  return strictPattern.test(text) && parseTimestamp(text) !== undefined;
}
