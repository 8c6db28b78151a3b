// What the layers of a pull are doing, as lines.
import type { PullProgress } from '../runtime/store/pull-image.js';
import { pullLine, type PullStep } from '../report/pull-lines.js';
import { digestHex, type Digest } from '../oci/digest.js';
import type { Context } from './context.js';
import { openLayerLines } from './layer-lines.js';

export interface PullView {
  readonly report: (progress: PullProgress) => void;
  /** Draws what is there and goes below it. */
  end(): void;
}

export function showPull(context: Context, quiet: boolean): PullView {
  const lines = openLayerLines(context, { quiet });
  const steps = new Map<Digest, PullStep>();
  return {
    report: (progress) => {
      const step = nextStep(steps.get(progress.digest), progress);
      steps.set(progress.digest, step);
      lines.set(pullLine(step));
    },
    end: () => {
      lines.end();
    },
  };
}

/** A layer may be unpacked while it still comes: what comes is shown until it is there. */
function nextStep(
  before: PullStep | undefined,
  { digest, size, state, bytes = 0 }: PullProgress,
): PullStep {
  const isComing = before?.state === 'downloading' || before?.state === 'verifying';
  if (state === 'extracting' && isComing) return before;
  return { id: digestHex(digest).slice(0, 12), size, state, bytes };
}
