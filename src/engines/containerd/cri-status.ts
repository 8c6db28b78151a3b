// What the CRI plugin keeps of a container's life (internal/cri/store/container/status.go).
import type { ReadHost } from '../../host/host.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { parseJson } from '../../oci/json-reader.js';
import { criPath, type ContainerdPlaces } from './places.js';
import { formatNanoseconds } from './values.js';

export interface Life {
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly error?: string;
}

/** Undefined for what the plugin has not made. */
export function readCriStatus(
  host: ReadHost,
  places: ContainerdPlaces,
  id: string,
): Life | undefined {
  const path = `${criPath(places, id)}/status`;
  try {
    return parseCriStatus(host.readFile(path, 1 << 20), `"${path}"`);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

export function parseCriStatus(bytes: Buffer, what: string): Life {
  const status = parseJson(bytes, what);
  if (status.get('Version').string() !== 'v1') {
    throw new CutawayError('UNSUPPORTED', `parse ${what}: its version is not v1`);
  }
  const text = bytes.toString('utf8');
  // Nanoseconds since 1970 are more than a JSON number keeps: they are read from the text.
  const time = (key: string) => {
    const digits = new RegExp(`"${key}":(\\d{1,19})\\b`).exec(text)?.[1];
    return digits === undefined || digits === '0' ? undefined : BigInt(digits);
  };
  const [started, finished] = [time('StartedAt'), time('FinishedAt')];
  const exitCode = status.get('ExitCode').optional((code) => code.integer());
  const message = status.get('Message').optionalString() || status.get('Reason').optionalString();
  return {
    ...(started === undefined ? {} : { startedAt: formatNanoseconds(started, what) }),
    ...(finished === undefined ? {} : { finishedAt: formatNanoseconds(finished, what) }),
    ...(finished === undefined || exitCode === undefined ? {} : { exitCode }),
    ...(finished === undefined || message === undefined || message === ''
      ? {}
      : { error: message }),
  };
}
