// The line of a layer that comes or goes.
import { withProgressBar, type Amount } from './progress-bar.js';

export interface LayerLine {
  /** What stands in front: the beginning of a digest. */
  readonly name: string;
  readonly text: string;
  /** Drawn behind the text. */
  readonly amount?: Amount;
  /** Nothing follows it. */
  readonly isFinal: boolean;
  /** Told also where lines do not move; as a rule, the final one. */
  readonly isNews?: boolean;
}

/** `a1b2c3d4e5f6: Downloading [====>     ] 12.3 MB/45.6 MB`, within `width` columns. */
export function layerLineText({ name, text, amount }: LayerLine, width: number): string {
  const start = `${name}: ${text}`;
  return amount === undefined ? start.slice(0, width) : withProgressBar(start, amount, width);
}
