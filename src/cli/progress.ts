import type { VerifyProgress } from '../inspect/verify.js';
import type { LayerProgress } from '../runtime/store/add-image.js';
import { formatSize } from '../report/size.js';
import type { Context } from './context.js';

export interface Progress {
  readonly report: (progress: LayerProgress) => void;
  end(): void;
}

const INTERVAL = 100;

/** One line on stderr that moves, when stderr is a terminal; else nothing. */
export function showLayerProgress(context: Context, layers: number, quiet: boolean): Progress {
  const { stderr, host } = context;
  if (quiet || !stderr.isTTY) return { report: () => undefined, end: () => undefined };
  let last = 0;
  return {
    report: (progress) => {
      const now = host.now();
      if (progress.state !== 'reading' || now - last < INTERVAL) return;
      last = now;
      const { index, descriptor } = progress.layer;
      const done = `${formatSize(progress.bytes)} of ${formatSize(descriptor.size)}`;
      stderr.write(`\r\x1b[Klayer ${index} of ${layers}: ${done}`);
    },
    end: () => {
      stderr.write('\r\x1b[K');
    },
  };
}

export interface VerifyProgressLine {
  readonly report: (progress: VerifyProgress) => void;
  end(): void;
}

/** The same of what is read to be compared. */
export function showVerifyProgress(context: Context, quiet: boolean): VerifyProgressLine {
  const { stderr, host } = context;
  if (quiet || !stderr.isTTY) return { report: () => undefined, end: () => undefined };
  let last = 0;
  return {
    report: ({ layer, layers, step, bytes }) => {
      const now = host.now();
      if (now - last < INTERVAL) return;
      last = now;
      const what = step === 'blob' ? 'of the blob' : 'of the files';
      stderr.write(`\r\x1b[Klayer ${layer} of ${layers}: ${formatSize(bytes)} ${what}`);
    },
    end: () => {
      stderr.write('\r\x1b[K');
    },
  };
}
