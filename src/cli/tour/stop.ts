// How a tour is told to stop, and how it waits for somebody who reads.
import type { Context } from '../context.js';

export interface Stop {
  /** The exit status, once the tour was told to stop. */
  readonly status: number | undefined;
  /** False when the reader has had enough: "q", the end of the input, or a signal. */
  waitForEnter(): Promise<boolean>;
  end(): void;
}

/** signal(7): 128 and the signal's number, as shells report it. */
const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(STATUS) as (keyof typeof STATUS)[];

/** From here to `end`, a signal does not end the program: the tour clears up first. */
export function listenForStop({ stdin, stdout }: Context): Stop {
  let status: number | undefined;
  let wake: (goOn: boolean) => void = () => undefined;
  const stop = (code: number) => {
    status ??= code;
    wake(false);
  };
  const isStopped = () => status !== undefined;
  const listeners = SIGNALS.map((signal) => {
    const listener = () => {
      stop(STATUS[signal]);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  // `cutaway tour | head`: the program would end at once otherwise, and leave everything behind.
  stdout.removeAllListeners('error');
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    stop(error.code === 'EPIPE' ? 0 : 2);
  });
  const read = (text: Buffer) => {
    wake(!/^q/i.test(text.toString('utf8')));
  };
  const ended = () => {
    wake(false);
  };
  return {
    get status() {
      return status;
    },
    waitForEnter: async () => {
      if (isStopped()) return false;
      stdout.write('\nEnter: the next step   q: leave ');
      stdin.on('data', read).on('end', ended).resume();
      const goOn = await new Promise<boolean>((resolve) => {
        wake = resolve;
      });
      stdin.off('data', read).off('end', ended).pause();
      wake = () => undefined;
      // The question is rubbed out: what is read is the tour. Without Enter its line is still ours.
      stdout.write(isStopped() ? '\n' : '\x1b[1A\x1b[K\x1b[1A');
      return goOn;
    },
    end: () => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}
