// A seccomp profile as a file in Docker's own format, which says what holds for which architecture
// and capabilities; the runtime wants to be told what holds here. docs.docker.com/engine/security/seccomp
import { CutawayError, during } from '../../oci/error.js';
import { parseJson, present, type JsonReader } from '../../oci/json-reader.js';
import type {
  Seccomp,
  SeccompAction,
  SeccompArgument,
  SeccompOperator,
  SeccompRule,
} from '../../oci/runtime-config.js';
import { ARCHITECTURES } from './seccomp-profile.js';
import type { SeccompInput } from './seccomp.js';

export interface DockerSeccomp {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  /** Given instead of `architectures`: what belongs to which is known here. */
  readonly hasArchMap?: true;
  readonly flags?: readonly string[];
  readonly syscalls: readonly ConditionalRule[];
}

interface ConditionalRule extends SeccompRule {
  readonly includes?: RuleFilter;
  readonly excludes?: RuleFilter;
}

interface RuleFilter {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
  /** "4.8" */
  readonly minKernel?: string;
}

export function parseSeccompFile(text: string, where: string): DockerSeccomp {
  try {
    return readProfile(parseJson(Buffer.from(text), 'seccomp profile'));
  } catch (error) {
    throw during(`read ${JSON.stringify(where)}`, error);
  }
}

function readProfile(document: JsonReader): DockerSeccomp {
  const architectures = document.get('architectures').optional((list) => list.strings());
  const hasArchMap = document.get('archMap').isPresent;
  if (architectures !== undefined && hasArchMap) {
    throw new CutawayError('INVALID_INPUT', 'it has both architectures and archMap');
  }
  return present({
    defaultAction: document.get('defaultAction').string() as SeccompAction,
    defaultErrnoRet: document.get('defaultErrnoRet').optional((value) => value.integer(0)),
    architectures,
    hasArchMap: hasArchMap ? (true as const) : undefined,
    flags: document.get('flags').optional((list) => list.strings()),
    syscalls: document.get('syscalls').list(readRule),
  });
}

function readRule(rule: JsonReader): ConditionalRule {
  const name = rule.get('name').optionalString() ?? '';
  const names = rule.get('names').list((value) => value.string());
  if (name !== '' && names.length > 0) {
    throw new CutawayError('INVALID_INPUT', 'a rule has both name and names');
  }
  return present({
    names: name === '' ? names : [name],
    action: rule.get('action').string() as SeccompAction,
    errnoRet: rule.get('errnoRet').optional((value) => value.integer(0)),
    args: rule.get('args').optional((list) => list.list(readArgument)),
    includes: rule.get('includes').optional(readFilter),
    excludes: rule.get('excludes').optional(readFilter),
  });
}

function readArgument(argument: JsonReader): SeccompArgument {
  return present({
    index: argument.get('index').integer(0),
    value: argument.get('value').integer(0),
    valueTwo: argument.get('valueTwo').optional((value) => value.integer(0)),
    op: argument.get('op').string() as SeccompOperator,
  });
}

function readFilter(filter: JsonReader): RuleFilter {
  return present({
    caps: filter.get('caps').optional((list) => list.strings()),
    arches: filter.get('arches').optional((list) => list.strings()),
    minKernel: filter.get('minKernel').optionalString(),
  });
}

export interface HereInput extends SeccompInput {
  /** "6.18.44-fc" */
  readonly kernelRelease: string;
}

/** What of the profile holds for one machine and one set of capabilities. */
export function resolveSeccompFile(profile: DockerSeccomp, here: HereInput): Seccomp {
  const { defaultAction, defaultErrnoRet, flags, hasArchMap } = profile;
  const mapped = hasArchMap === true ? ARCHITECTURES[here.architecture] : undefined;
  const architectures = profile.architectures ?? mapped;
  return present({
    defaultAction,
    defaultErrnoRet,
    architectures: architectures === undefined ? undefined : [...architectures],
    flags,
    syscalls: profile.syscalls
      .filter(({ names }) => names.length > 0)
      .filter(({ includes = {}, excludes = {} }) => meets(includes, here) && !hits(excludes, here))
      .map(({ names, action, errnoRet, args }) => present({ names, action, errnoRet, args })),
  });
}

/** All that is named has to hold. */
function meets({ caps = [], arches = [], minKernel }: RuleFilter, here: HereInput): boolean {
  return (
    (arches.length === 0 || arches.includes(here.architecture)) &&
    caps.every((name) => here.capabilities.includes(name)) &&
    (minKernel === undefined || isAtLeast(here.kernelRelease, minKernel))
  );
}

/** One of what is named is enough. */
function hits({ caps = [], arches = [], minKernel }: RuleFilter, here: HereInput): boolean {
  return (
    arches.includes(here.architecture) ||
    caps.some((name) => here.capabilities.includes(name)) ||
    (minKernel !== undefined && isAtLeast(here.kernelRelease, minKernel))
  );
}

function isAtLeast(release: string, least: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number.parseFloat);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number.parseFloat);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
