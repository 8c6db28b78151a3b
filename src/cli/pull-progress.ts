// The lines of a pull on stderr: on a terminal they move, else each layer is told once at its end.
import type { PullProgress } from '../runtime/store/pull-image.js';
import { isFinalPullLine, pullLine, type PullLine } from '../report/pull-lines.js';
import { digestHex, type Digest } from '../oci/digest.js';
import type { Context } from './context.js';

export interface PullView {
  readonly report: (progress: PullProgress) => void;
  /** Draws what is there and goes below it. */
  end(): void;
}

const INTERVAL = 100;

export function showPull(context: Context, quiet: boolean): PullView {
  if (quiet) return { report: () => undefined, end: () => undefined };
  return context.stderr.isTTY ? movingLines(context) : plainLines(context);
}

type Lines = Map<Digest, PullLine>;

/** A layer may be unpacked while it still comes: what comes is shown until it is there. */
function update(lines: Lines, { digest, size, state, bytes = 0 }: PullProgress): PullLine {
  const before = lines.get(digest);
  const isComing = before?.state === 'downloading' || before?.state === 'verifying';
  // Blobs report that they exist before their layer is known to.
  const shown = state === 'extracting' && isComing ? before.state : state;
  const line: PullLine = {
    id: digestHex(digest).slice(0, 12),
    size,
    state: shown,
    bytes: shown === state ? bytes : (before?.bytes ?? bytes),
  };
  lines.set(digest, line);
  return line;
}

function plainLines(context: Context): PullView {
  const lines: Lines = new Map();
  return {
    report: (progress) => {
      const before = lines.get(progress.digest)?.state;
      const line = update(lines, progress);
      const isNews =
        isFinalPullLine(line) || line.state === 'pulling' || line.state === 'downloaded';
      if (isNews && line.state !== before) context.note(pullLine(line, Infinity));
    },
    end: () => undefined,
  };
}

function movingLines({ stderr, host }: Context): PullView {
  const lines: Lines = new Map();
  const gone = new Set<Digest>();
  let drawn = 0;
  let last = 0;
  // Lines that have scrolled away are finished: only those that still move are drawn again.
  const draw = (isLast: boolean) => {
    const width = Math.max(20, stderr.columns - 1);
    const room = isLast ? Infinity : Math.max(1, stderr.rows - 2);
    const all = [...lines];
    const firstMoving = all.findIndex(([, line]) => !isFinalPullLine(line));
    const done = all.slice(0, firstMoving === -1 ? all.length : firstMoving);
    const scrolled = isLast ? [] : done.slice(0, Math.max(0, all.length - room));
    const moving = all.slice(scrolled.length, scrolled.length + room);
    const text = [...scrolled, ...moving]
      .map(([, line]) => `\x1b[2K${pullLine(line, width)}\n`)
      .join('');
    stderr.write(`${drawn > 0 ? `\x1b[${drawn}A\r` : ''}${text}\x1b[0J`);
    for (const [digest] of scrolled) {
      lines.delete(digest);
      gone.add(digest);
    }
    drawn = moving.length;
  };
  return {
    report: (progress) => {
      // One that has scrolled away says nothing new.
      if (gone.has(progress.digest)) return;
      update(lines, progress);
      const now = host.now();
      if (now - last < INTERVAL) return;
      last = now;
      draw(false);
    },
    end: () => {
      if (lines.size > 0) draw(true);
    },
  };
}
