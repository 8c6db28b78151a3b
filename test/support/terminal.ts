// A real terminal: tmux with a server of its own, whose screen can be read and whose size changes.
import { execFileSync } from 'node:child_process';
import type { Test } from 'tap';
import { eventually } from './cli.js';

export interface Terminal {
  /** Types into it; "C-c" and "Enter" are keys, as tmux names them. */
  press(...keys: readonly string[]): void;
  resize(columns: number, rows: number): void;
  screen(): string;
  /** What a program may leave behind: "alternate", "no cursor", "mouse"; empty when nothing. */
  modes(): string[];
  /** As when its window is closed: SIGHUP. */
  close(): void;
  /** Waits until the screen has it, ten seconds at most or as many as are given. */
  shows(text: string | RegExp, seconds?: number): Promise<void>;
}

/** Opens a terminal that runs `command`, 80 columns by 24 rows. */
export function openTerminal(t: Test, socket: string, command: string): Terminal {
  const tmux = (...args: readonly string[]) =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  // The status line would take a row; what has ended stays to be read.
  tmux('new-session', '-d', '-x', '80', '-y', '24', 'sleep 1000');
  for (const [option, value] of Object.entries({ status: 'off', 'window-size': 'manual' })) {
    tmux('set', '-g', option, value);
  }
  tmux('resize-window', '-x', '80', '-y', '24');
  tmux('respawn-pane', '-k', `${command}; sleep 1000`);
  let isOpen = true;
  const close = () => {
    if (isOpen) tmux('kill-server');
    isOpen = false;
  };
  t.teardown(close);
  const screen = () => tmux('capture-pane', '-p').trimEnd();
  return {
    press: (...keys) => {
      tmux('send-keys', ...keys);
    },
    resize: (columns, rows) => {
      tmux('resize-window', '-x', String(columns), '-y', String(rows));
    },
    screen,
    modes: () => {
      const flags = tmux('display', '-p', '#{alternate_on} #{cursor_flag} #{mouse_any_flag}');
      const [alternate, cursor, mouse] = flags.trim().split(' ');
      return [
        ...(alternate === '1' ? ['alternate'] : []),
        ...(cursor === '0' ? ['no cursor'] : []),
        ...(mouse === '1' ? ['mouse'] : []),
      ];
    },
    close,
    shows: async (text, seconds = 10) => {
      const has = () => (typeof text === 'string' ? screen().includes(text) : text.test(screen()));
      const what = `the screen shows ${String(text)}`;
      await eventually(has, what, seconds).catch((error: unknown) => {
        throw new Error(`${String(error)}:\n${screen()}`);
      });
    },
  };
}
