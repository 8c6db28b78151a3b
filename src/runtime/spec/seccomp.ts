import { CutawayError } from '../../oci/error.js';
import type { Seccomp, SeccompArgument, SeccompRule } from '../../oci/runtime-config.js';
import {
  ALWAYS,
  ARCHITECTURES,
  CONDITIONAL,
  DEFAULT_ERRNO,
  type ArgumentRule,
  type RuleCondition,
  type SyscallRule,
} from './seccomp-profile.js';

export interface SeccompInput {
  /** In the names of the image-spec: "amd64", "arm64". */
  readonly architecture: string;
  /** The bounding set of the container, "CAP_…". */
  readonly capabilities: readonly string[];
}

const OPERATORS = {
  '<': 'SCMP_CMP_LT',
  '=': 'SCMP_CMP_EQ',
  '>': 'SCMP_CMP_GT',
  // (argument & value) == valueTwo, which is 0 when left out.
  'masked-zero': 'SCMP_CMP_MASKED_EQ',
} as const;

/** The default profile as the runtime takes it, for one machine and one set of capabilities. */
export function makeSeccomp(input: SeccompInput): Seccomp {
  const architectures = ARCHITECTURES[input.architecture];
  if (architectures === undefined) {
    throw new CutawayError(
      'UNSUPPORTED',
      `make seccomp profile: unknown architecture ${JSON.stringify(input.architecture)}`,
    );
  }
  const always = Object.values(ALWAYS).flatMap(namesOf).sort();
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: DEFAULT_ERRNO,
    ...(architectures.length === 0 ? {} : { architectures }),
    syscalls: [
      { names: always, action: 'SCMP_ACT_ALLOW' },
      ...CONDITIONAL.filter((rule) => holds(rule.when ?? {}, input)).map(makeSyscall),
    ],
  };
}

function holds(when: RuleCondition, { architecture, capabilities }: SeccompInput): boolean {
  return (
    (when.architectures?.includes(architecture) ?? true) &&
    !(when.notArchitectures?.includes(architecture) ?? false) &&
    (when.capability === undefined || capabilities.includes(when.capability)) &&
    (when.notCapability === undefined || !capabilities.includes(when.notCapability))
  );
}

function makeSyscall(rule: SyscallRule): SeccompRule {
  return {
    names: namesOf(rule.names),
    ...(rule.errno === undefined
      ? { action: 'SCMP_ACT_ALLOW' }
      : { action: 'SCMP_ACT_ERRNO', errnoRet: rule.errno }),
    ...(rule.argument === undefined ? {} : { args: [makeArgument(rule.argument)] }),
  };
}

function makeArgument({ index, value, operator }: ArgumentRule): SeccompArgument {
  return { index, value, op: OPERATORS[operator] };
}

function namesOf(text: string): string[] {
  return text.trim().split(/\s+/);
}
