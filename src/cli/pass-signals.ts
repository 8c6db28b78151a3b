// Signals to the command line are for the container.
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export interface PassedSignals {
  /** What came before there was somebody to pass it to. */
  readonly flush: () => void;
  readonly stop: () => void;
}

/** Until the first `flush` they are kept; then each goes to `pass` as it comes. */
export function passSignals(pass: (signal: NodeJS.Signals) => Promise<void> | void): PassedSignals {
  let kept: NodeJS.Signals[] | undefined = [];
  const hear = (signal: NodeJS.Signals) => {
    if (kept === undefined) void pass(signal);
    else kept.push(signal);
  };
  for (const signal of FORWARDED) process.on(signal, hear);
  return {
    flush: () => {
      const waiting = kept ?? [];
      kept = undefined;
      for (const signal of waiting) void pass(signal);
    },
    stop: () => {
      for (const signal of FORWARDED) process.off(signal, hear);
    },
  };
}
