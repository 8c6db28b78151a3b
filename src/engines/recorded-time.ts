const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** In UTC, with the precision it has. Undefined for what is no time, and for Go's zero time. */
export function recordedTime(text: unknown): string | undefined {
  const match = typeof text === 'string' ? RFC3339.exec(text) : null;
  if (match === null) return undefined;
  const [, seconds = '', fraction = '', zone = 'Z'] = match;
  if (seconds.startsWith('0001-')) return undefined;
  const time = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(time)) return undefined;
  return `${new Date(time).toISOString().slice(0, 19)}${fraction}Z`;
}
