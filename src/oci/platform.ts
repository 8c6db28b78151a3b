// image-spec image-index.md#platform, with the normal forms of containerd's platforms package:
// what people and tools call a platform in several ways becomes one.
import { CutawayError } from './error.js';
import { present, type JsonReader } from './json-reader.js';

/** In the spec's spelling. `os` and `architecture` are Go's GOOS and GOARCH. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
}

const COMPONENT = /^[A-Za-z0-9_.-]+$/;

// Names of Node's process.arch that are not Go's.
const NODE_ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  // Node on Linux is built for the little-endian kind only.
  ['ppc64', 'ppc64le'],
  ['mipsel', 'mipsle'],
]);

/** Reads `os/architecture[/variant]`, or an architecture alone, which means Linux. */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  const fail = (reason: string): never => {
    throw new CutawayError('INVALID_INPUT', `parse platform ${JSON.stringify(text)}: ${reason}`, {
      hint: 'write os/architecture or os/architecture/variant, for example linux/arm64',
    });
  };
  if (parts.length > 3) return fail('more than three parts');
  if (!parts.every((part) => COMPONENT.test(part))) return fail('not a platform');
  const [first = '', architecture, variant] = parts;
  if (architecture !== undefined) {
    return normalizePlatform(present({ os: first, architecture, variant }));
  }
  if (/^(?:linux|windows|darwin|macos|freebsd)$/i.test(first)) return fail('no architecture');
  return normalizePlatform({ os: 'linux', architecture: first });
}

/** `linux/arm64`, `linux/arm/v7`; a part that nobody gave reads `unknown`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  const parts = [os || 'unknown', architecture || 'unknown'];
  return [...parts, ...(variant === undefined || variant === '' ? [] : [variant])].join('/');
}

/** The one way to write it: arm64 without its default v8, arm with its default v7. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const [architecture, variant] = normalizeArchitecture(
    platform.architecture.toLowerCase(),
    (platform.variant ?? '').toLowerCase(),
  );
  return present({
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    variant: variant === '' ? undefined : variant,
    'os.version': platform['os.version'],
    'os.features': platform['os.features'],
  });
}

/**
 * Whether what is `offered` runs where `wanted` was asked for: the same system and architecture,
 * and no newer variant (an arm/v7 machine runs v6). A wanted os.version must be offered as it is.
 */
export function matchPlatform(wanted: Platform, offered: Platform): boolean {
  const left = normalizePlatform(wanted);
  const right = normalizePlatform(offered);
  if (left.os !== right.os || left.architecture !== right.architecture) return false;
  const version = left['os.version'];
  if (version !== undefined && version !== right['os.version']) return false;
  if (left.variant === right.variant) return true;
  const [most, level] = [variantLevel(left), variantLevel(right)];
  return most !== undefined && level !== undefined && level <= most;
}

/** Rank of a variant among those of its architecture: the higher one needs the newer machine. */
export function variantLevel(platform: Platform): number | undefined {
  const { architecture, variant } = normalizePlatform(platform);
  const base = architecture === 'arm64' ? 'v8' : architecture === 'amd64' ? 'v1' : undefined;
  const match = /^v(\d{1,3})(?:\.(\d{1,3}))?$/.exec(variant ?? base ?? '');
  return match === null ? undefined : Number(match[1]) * 1000 + Number(match[2] ?? 0);
}

/** The platform of a machine by Node's name of its architecture. */
export function hostPlatform(nodeArchitecture: string): Platform {
  const architecture = NODE_ARCHITECTURES.get(nodeArchitecture) ?? nodeArchitecture;
  return normalizePlatform({ os: 'linux', architecture });
}

/** Tolerates a missing os or architecture, as tools write them for what is not an image. */
export function readPlatform(reader: JsonReader): Platform {
  return present({
    os: reader.get('os').optionalString() ?? '',
    architecture: reader.get('architecture').optionalString() ?? '',
    variant: reader.get('variant').optionalString(),
    'os.version': reader.get('os.version').optionalString(),
    'os.features': reader.get('os.features').optional((features) => features.strings()),
  });
}

function normalizeArchitecture(architecture: string, variant: string): [string, string] {
  switch (architecture) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      return ['arm64', normalizeArm64Variant(variant)];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      return ['arm', variant === '' ? 'v7' : /^[5-8]$/.test(variant) ? `v${variant}` : variant];
    default:
      return [architecture, variant];
  }
}

function normalizeArm64Variant(variant: string): string {
  const named = /^\d/.test(variant) ? `v${variant}` : variant;
  const short = named.replace(/\.0$/, '');
  return short === 'v8' ? '' : short;
}
