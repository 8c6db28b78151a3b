// The questions: functions over subjects that return documents. None prints.
// This file: the frame around each answer.
import type { ReadHost } from '../host/host.js';
import type { Problem } from '../oci/problem.js';
import type { Collected, Subject } from './documents/common.js';

declare const CUTAWAY_VERSION: string;

export interface DocumentFrame<Name extends string> {
  readonly schema: `cutaway/${Name}/v1`;
  readonly tool: { readonly name: 'cutaway'; readonly version: string };
  readonly subject: Subject;
  readonly problems: Problem[];
  readonly collected: Collected;
}

/** Puts an answer in its frame; the keys come in the order that people read them. */
export function makeDocument<Name extends string, Answer extends object>(
  host: ReadHost,
  name: Name,
  subject: Subject,
  answer: Answer,
  problems: readonly Problem[],
): DocumentFrame<Name> & Answer {
  return {
    schema: `cutaway/${name}/v1`,
    tool: { name: 'cutaway', version: CUTAWAY_VERSION },
    subject,
    ...answer,
    problems: [...problems],
    collected: {
      at: new Date(host.now()).toISOString(),
      host: host.hostName(),
      kernel: host.kernelRelease(),
    },
  };
}
