// /proc/PID/uid_map and gid_map: user_namespaces(7).

/** `count` ids from `inside` on are `outside` on, as the reader of the file sees them. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export type IdMap = readonly IdRange[];

/** The kernel allows 340 lines (since Linux 4.15). */
export function parseIdMap(text: string): IdMap {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line);
    if (match === null) return [];
    return [{ inside: Number(match[1]), outside: Number(match[2]), count: Number(match[3]) }];
  });
}

/** The id inside; undefined when the namespace has no name for it (it shows as 65534 there). */
export function toInsideId(map: IdMap, hostId: number): number | undefined {
  const range = map.find((one) => hostId >= one.outside && hostId < one.outside + one.count);
  return range === undefined ? undefined : range.inside + (hostId - range.outside);
}

/** The id on the host of an id inside. */
export function toHostId(map: IdMap, insideId: number): number | undefined {
  const range = map.find((one) => insideId >= one.inside && insideId < one.inside + one.count);
  return range === undefined ? undefined : range.outside + (insideId - range.inside);
}
