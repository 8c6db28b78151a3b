import type { ChildProcess } from '../host/host.js';

export interface StderrGate {
  /** Lets through what was held, and all that comes. */
  open(): void;
  held(): string;
}

export interface StderrGateRules {
  readonly pass: (chunk: Buffer) => void;
  /** Whether the container's program has been started. */
  readonly isStarted: () => boolean;
  /** Whether this, being all there is so far, may be the runtime's complaint nevertheless. */
  readonly mayBeComplaint: (text: string) => boolean;
}

const POLL_MILLISECONDS = 4;

/**
 * runc and the container share one stderr. Until the program runs, what comes is runc's own
 * complaint: it is held back, and told as our error when the start fails.
 */
export function openStderrGate(child: ChildProcess, rules: StderrGateRules): StderrGate {
  let chunks: Buffer[] = [];
  let isOpen = false;
  let timer: NodeJS.Timeout | undefined;
  const held = () => Buffer.concat(chunks).toString('utf8');
  const open = () => {
    clearInterval(timer);
    isOpen = true;
    chunks.forEach(rules.pass);
    chunks = [];
  };
  const look = () => {
    if (!rules.isStarted()) return;
    clearInterval(timer);
    if (!rules.mayBeComplaint(held())) open();
  };
  child.stderr?.on('data', (chunk: Buffer) => {
    if (isOpen) {
      rules.pass(chunk);
      return;
    }
    chunks.push(chunk);
    timer ??= setInterval(look, POLL_MILLISECONDS);
    look();
  });
  child.stderr?.on('close', () => {
    clearInterval(timer);
  });
  return { open, held };
}
