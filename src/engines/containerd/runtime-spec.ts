// What a container's spec says of it: config.json by the runtime-spec, kept in the database.
import { CutawayError } from '../../oci/error.js';
import { parseJson, type JsonReader } from '../../oci/json-reader.js';
import type { ProtobufAny } from './values.js';

export interface SpecFacts {
  readonly command: readonly string[];
  /** As /proc/PID/cgroup has them; empty when it does not say. */
  readonly cgroupPaths: readonly string[];
  /** All of it. */
  readonly value: unknown;
}

export function parseSpec(spec: ProtobufAny): SpecFacts {
  if (!/runtime-spec\/.*Spec$|oci.*Spec$/.test(spec.type)) {
    throw new CutawayError('UNSUPPORTED', `a spec of the type ${JSON.stringify(spec.type)}`);
  }
  const document = parseJson(spec.value, 'spec');
  const linux = document.get('linux');
  return {
    command: document.get('process').optional((process) => process.get('args').list(toText)) ?? [],
    cgroupPaths: cgroupPaths(
      linux.optional((one) => one.get('cgroupsPath').optionalString()) ?? '',
    ),
    value: document.value,
  };
}

function toText(reader: JsonReader): string {
  return reader.string();
}

/** A path, or SLICE:PREFIX:NAME for systemd (runc's libcontainer/cgroups/systemd). */
function cgroupPaths(text: string): string[] {
  if (text.startsWith('/')) return text === '/' ? [] : [text];
  const [slice = '', prefix, name, ...rest] = text.split(':');
  if (name === undefined || rest.length > 0) return [];
  const scope = prefix === '' ? name : `${prefix ?? ''}-${name}.scope`;
  return [`${expandSlice(slice === '' ? 'system.slice' : slice)}/${scope}`];
}

/** systemd.slice(5): "a-b.slice" lies within "a.slice". */
function expandSlice(slice: string): string {
  if (slice === '-.slice') return '';
  const parts = slice.replace(/\.slice$/, '').split('-');
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('-')}.slice`).join('');
}
