// What differs between two images beside their files.
import type { HistoryEntry, ImageConfig } from '../oci/image-config.js';
import type { ConfigChange } from './documents/diff.js';

export function diffConfigs(before: ImageConfig, after: ImageConfig): ConfigChange[] {
  const [old, now] = [before.config ?? {}, after.config ?? {}];
  return [
    ...diffValue('architecture', before.architecture, after.architecture),
    ...diffValue('os', before.os, after.os),
    ...diffValue('variant', before.variant, after.variant),
    ...diffValue('author', before.author, after.author),
    ...diffValue('User', nonEmpty(old.User), nonEmpty(now.User)),
    ...diffValue('WorkingDir', nonEmpty(old.WorkingDir), nonEmpty(now.WorkingDir)),
    ...diffValue('Entrypoint', old.Entrypoint, now.Entrypoint),
    ...diffValue('Cmd', old.Cmd, now.Cmd),
    ...diffNamed('Env', variables(old.Env), variables(now.Env)),
    ...diffNamed('Labels', old.Labels, now.Labels),
    ...diffNamed('ExposedPorts', old.ExposedPorts, now.ExposedPorts),
    ...diffNamed('Volumes', old.Volumes, now.Volumes),
    ...diffValue('StopSignal', old.StopSignal, now.StopSignal),
    ...diffValue('StopTimeout', old.StopTimeout, now.StopTimeout),
    ...diffValue('Healthcheck', old.Healthcheck, now.Healthcheck),
    ...diffValue('Shell', old.Shell, now.Shell),
    ...diffValue('OnBuild', old.OnBuild, now.OnBuild),
    ...diffHistory(before.history, after.history),
  ];
}

/** Absent and empty mean the same: image-spec config.md. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function diffValue(field: string, before: unknown, after: unknown, name?: string): ConfigChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const kind = before === undefined ? 'A' : after === undefined ? 'D' : 'C';
  return [
    {
      kind,
      field,
      ...(name === undefined ? {} : { name }),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

type Named = Readonly<Record<string, unknown>> | undefined;

function diffNamed(field: string, before: Named = {}, after: Named = {}): ConfigChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const at = (values: Readonly<Record<string, unknown>>, name: string): unknown =>
    Object.hasOwn(values, name) ? values[name] : undefined;
  return names.flatMap((name) => diffValue(field, at(before, name), at(after, name), name));
}

/** By name; the last one of a name counts. */
function variables(list: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    list.map((text) => {
      const equals = text.indexOf('=');
      return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** Steps between those that both begin with and those that both end with. */
function diffHistory(
  before: readonly HistoryEntry[],
  after: readonly HistoryEntry[],
): ConfigChange[] {
  const isSame = (a: HistoryEntry | undefined, b: HistoryEntry | undefined) =>
    a?.created_by === b?.created_by && (a?.empty_layer ?? false) === (b?.empty_layer ?? false);
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && isSame(before[start], after[start])) start += 1;
  let end = 0;
  while (end < shortest - start && isSame(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const steps = (kind: 'A' | 'D', history: readonly HistoryEntry[]): ConfigChange[] =>
    history
      .slice(start, history.length - end)
      .map((entry) => ({ kind, field: 'history', [kind === 'A' ? 'after' : 'before']: entry }));
  return [...steps('D', before), ...steps('A', after)];
}
