import type { Digest } from './digest.js';
import { parseJson, present, type JsonReader, type ParseJsonOptions } from './json-reader.js';

type EmptyObject = Readonly<Record<string, never>>;

/** image-spec config.md, in its own spelling. Null in the document is absent here. */
export interface ImageConfig {
  /** Empty when the document has none, against the spec; the same holds for `os`. */
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  /** As written: RFC 3339 by the spec, unchecked. */
  readonly created?: string;
  readonly author?: string;
  readonly config?: ExecutionConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  /** Base first; empty when absent. */
  readonly history: readonly HistoryEntry[];
}

/** What a container of the image starts with, unless it is told otherwise. */
export interface ExecutionConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Volumes?: Readonly<Record<string, EmptyObject>>;
  readonly ExposedPorts?: Readonly<Record<string, EmptyObject>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  /** Seconds. */
  readonly StopTimeout?: number;
  readonly Healthcheck?: Healthcheck;
  readonly Shell?: readonly string[];
  readonly OnBuild?: readonly string[];
  readonly ArgsEscaped?: boolean;
}

/** Docker's extension; times in nanoseconds, 0 or absent for the default. */
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", text]`; empty to inherit. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  /** This step made no layer. */
  readonly empty_layer?: boolean;
}

/** Keys that the spec does not have (`container_config`, `docker_version`) are left out. */
export function parseImageConfig(bytes: Uint8Array, options?: ParseJsonOptions): ImageConfig {
  const document = parseJson(bytes, 'image config', options);
  return present({
    architecture: document.get('architecture').optionalString() ?? '',
    os: document.get('os').optionalString() ?? '',
    variant: document.get('variant').optionalString(),
    'os.version': document.get('os.version').optionalString(),
    'os.features': strings(document.get('os.features')),
    created: document.get('created').optionalString(),
    author: document.get('author').optionalString(),
    config: document.get('config').optional(readExecutionConfig),
    rootfs: readRootfs(document.get('rootfs')),
    history: document.get('history').list(readHistoryEntry),
  });
}

/** Docker leaves `diff_ids` out of an image without layers. */
function readRootfs(rootfs: JsonReader): ImageConfig['rootfs'] {
  const type = rootfs.get('type');
  if (type.isPresent && type.string() !== 'layers') {
    type.fail(`not "layers": ${JSON.stringify(type.string())}`, 'UNSUPPORTED');
  }
  return { type: 'layers', diff_ids: rootfs.get('diff_ids').list((item) => item.digest()) };
}

function readExecutionConfig(config: JsonReader): ExecutionConfig {
  return present({
    User: config.get('User').optionalString(),
    Env: strings(config.get('Env')),
    Entrypoint: argumentsOf(config.get('Entrypoint')),
    Cmd: argumentsOf(config.get('Cmd')),
    WorkingDir: config.get('WorkingDir').optionalString(),
    Volumes: config.get('Volumes').optional(readSet),
    ExposedPorts: config.get('ExposedPorts').optional(readSet),
    Labels: config.get('Labels').optional((labels) => labels.stringMap()),
    StopSignal: config.get('StopSignal').optionalString(),
    StopTimeout: config.get('StopTimeout').optional((seconds) => seconds.integer()),
    Healthcheck: config.get('Healthcheck').optional(readHealthcheck),
    Shell: argumentsOf(config.get('Shell')),
    OnBuild: strings(config.get('OnBuild')),
    ArgsEscaped: config.get('ArgsEscaped').optional((flag) => flag.boolean()),
  });
}

function readHealthcheck(check: JsonReader): Healthcheck {
  const number = (key: string) => check.get(key).optional((value) => value.integer());
  return present({
    Test: strings(check.get('Test')),
    Interval: number('Interval'),
    Timeout: number('Timeout'),
    StartPeriod: number('StartPeriod'),
    StartInterval: number('StartInterval'),
    Retries: number('Retries'),
  });
}

function readHistoryEntry(entry: JsonReader): HistoryEntry {
  return present({
    created: entry.get('created').optionalString(),
    created_by: entry.get('created_by').optionalString(),
    author: entry.get('author').optionalString(),
    comment: entry.get('comment').optionalString(),
    empty_layer: entry.get('empty_layer').optional((flag) => flag.boolean()),
  });
}

function strings(reader: JsonReader): string[] | undefined {
  return reader.optional((list) => list.strings());
}

/** Docker reads a lone string as a list of one (its StrSlice type), so old images have them. */
function argumentsOf(reader: JsonReader): string[] | undefined {
  if (typeof reader.value === 'string') return [reader.value];
  return strings(reader);
}

/** A set written as an object whose values say nothing. */
function readSet(reader: JsonReader): Record<string, EmptyObject> {
  return reader.map(() => ({}));
}
