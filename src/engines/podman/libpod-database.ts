// What libpod alone knows of its containers: labels, ports, times, exit codes. Until Podman 5 its
// database is bbolt's (libpod/boltdb_state.go); from then on it is SQLite's, which is not read.
import type { ReadHost } from '../../host/host.js';
import { CutawayError, causeText, hasCode } from '../../oci/error.js';
import { parseJson, present, type JsonReader } from '../../oci/json-reader.js';
import type { Problem } from '../../oci/problem.js';
import type { BoltBucket } from '../bolt/bucket.js';
import { readBolt } from '../bolt/read-bolt.js';
import { recordedTime } from '../recorded-time.js';

export interface LibpodContainer {
  readonly imageReference?: string;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  /** As libpod wrote it last. */
  readonly state: LibpodState;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** Only of what has ended. */
  readonly exitCode?: number;
}

/** libpod/define/containerstate.go, in its order. */
const STATES = [
  'unknown',
  'configured',
  'created',
  'running',
  'stopped',
  'paused',
  'exited',
  'removing',
  'stopping',
] as const;

export type LibpodState = (typeof STATES)[number];

/** By id; what cannot be read of it is a problem, and the container is known without it. */
export function readLibpod(
  host: ReadHost,
  root: string,
  problems: Problem[],
): ReadonlyMap<string, LibpodContainer> {
  const path = `${root}/libpod/bolt_state.db`;
  try {
    if (host.findStatus(path) === undefined) {
      problems.push(...unreadDatabase(host, root));
      return new Map();
    }
    return readContainers(host, path, problems);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return new Map();
    problems.push({ code: 'libpod-unreadable', message: causeText(error), path });
    return new Map();
  }
}

function unreadDatabase(host: ReadHost, root: string): Problem[] {
  const path = `${root}/db.sql`;
  if (host.findStatus(path) === undefined) return [];
  const lost = "its containers' labels, ports, times and exit codes are not known";
  return [{ code: 'libpod-unreadable', message: `a database of SQLite: ${lost}`, path }];
}

function readContainers(
  host: ReadHost,
  path: string,
  problems: Problem[],
): Map<string, LibpodContainer> {
  // A database that changes while it is read is read again, and then answers anew.
  const answer = readBolt(host, path, (root) => {
    const found = new Map<string, LibpodContainer>();
    const faults: Problem[] = [];
    for (const [id, open] of root.buckets.get('ctr')?.().buckets ?? []) {
      try {
        found.set(id, toContainer(id, open()));
      } catch (error) {
        if (!(error instanceof CutawayError)) throw error;
        faults.push({ code: 'container-unreadable', message: causeText(error), path });
      }
    }
    return { found, faults };
  });
  problems.push(...answer.faults);
  return answer.found;
}

function toContainer(id: string, bucket: BoltBucket): LibpodContainer {
  const read = (key: string) =>
    parseJson(bucket.values.get(key) ?? Buffer.from('{}'), `${key} of ${id}`);
  const [config, state] = [read('config'), read('state')];
  const process = config.get('spec').optional((spec) => spec.get('process'));
  const hasEnded = state.get('exited').value === true;
  return {
    ...present({ imageReference: config.get('rootfsImageName').optionalString() }),
    command: process?.get('args').list((word) => word.string()) ?? [],
    labels: config.get('labels').optional((all) => all.stringMap()) ?? {},
    ports: config.get('newPortMappings').list(portText).flat(),
    state: STATES[state.get('state').optional((value) => value.integer()) ?? 0] ?? 'unknown',
    ...present({
      startedAt: recordedTime(state.get('startedTime').value),
      finishedAt: recordedTime(state.get('finishedTime').value),
      // Go leaves out a zero.
      exitCode: hasEnded
        ? (state.get('exitCode').optional((value) => value.integer()) ?? 0)
        : undefined,
    }),
  };
}

/** One line for a range, as Podman writes it. */
function portText(mapping: JsonReader): string[] {
  const number = (key: string) => mapping.get(key).optional((value) => value.integer()) ?? 0;
  const [outside, inside] = [number('host_port'), number('container_port')];
  const more = Math.max(1, number('range')) - 1;
  const range = (first: number) => (more === 0 ? String(first) : `${first}-${first + more}`);
  const address = mapping.get('host_ip').optionalString() ?? '';
  // Several protocols may share a mapping: "tcp,udp".
  const protocols = (mapping.get('protocol').optionalString() ?? 'tcp').split(',');
  const from = `${address === '' ? '0.0.0.0' : address}:${range(outside)}`;
  return protocols.map((protocol) => `${from}->${range(inside)}/${protocol}`);
}
