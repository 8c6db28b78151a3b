import type { ImageLayer } from '../image/image.js';
import type { SeekPoints } from '../image/seek-points.js';
import type { Problem } from '../oci/problem.js';
import type { IndexedLayer } from './index-layer.js';
import type { LayerSummary } from './layer-summary.js';

/**
 * What was read before of archives and layouts: a second look at a file that nobody has touched
 * since needs none of its layers.
 */
export interface LayerMemory {
  find(layer: ImageLayer): IndexedLayer | undefined;
  findSummary(layer: ImageLayer): RememberedSummary | undefined;
  findSeekPoints(layer: ImageLayer): SeekPoints | undefined;
  /** Call `watch` before the layer is read, and the function that it returns afterwards. */
  watch(layer: ImageLayer): (read: IndexedLayer) => void;
}

export interface RememberedSummary {
  readonly summary: LayerSummary;
  readonly problems: readonly Problem[];
}
