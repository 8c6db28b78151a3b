// The layers of an image side by side: one of them in this thread, the others in workers.
// Hashing is most of the work, and it takes one thread for each stream of bytes.
import { processorCount } from '../host/processors.js';
import type { ImageLayer } from '../image/image.js';
import { indexLayer, type IndexedLayer, type IndexLayerOptions } from './index-layer.js';
import { unpackLayer } from './layer-message.js';
import { LayerQueue } from './layer-queue.js';
import type { LayerWorker } from './layer-worker.js';

export interface IndexLayersOptions extends IndexLayerOptions {
  /** This one included; default as many as run at the same time, but no more than 4. */
  readonly threads?: number;
  /** A worker is started for so many bytes of layers; default 8 MiB. */
  readonly workerBytes?: number;
}

const MAXIMUM_THREADS = 4;
/** To start a worker takes 20 to 40 ms, in which this much is indexed. */
const WORKER_BYTES = 8 << 20;

/** In the order of `layers`; fails with the error of the first of them that fails. */
export async function indexLayers(
  layers: readonly ImageLayer[],
  options: IndexLayersOptions = {},
): Promise<IndexedLayer[]> {
  const { threads = Math.min(processorCount(), MAXIMUM_THREADS), workerBytes = WORKER_BYTES } =
    options;
  const queue = new LayerQueue(layers, options.signal);
  const worth = Math.floor(queue.sharedBytes / workerBytes);
  const length = Math.min(threads - 1, layers.length - 1, worth);
  const workers = length > 0 ? await startWorkers(length) : [];
  try {
    // The biggest layer is for this thread: the others have to start first.
    const here = runHere(queue, options);
    const others = workers.map((worker) => runWorker(queue, worker, options));
    await Promise.all([here, ...others]);
    // What a worker died over.
    await runHere(queue, options);
    return queue.results();
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** Loaded when it is worth it: most commands need no thread. */
async function startWorkers(length: number): Promise<LayerWorker[]> {
  const { startLayerWorker } = await import('./layer-worker.js');
  return Array.from({ length }, () => startLayerWorker());
}

async function runHere(queue: LayerQueue, options: IndexLayerOptions): Promise<void> {
  for (let task = queue.take(); task !== undefined; task = queue.take()) {
    const { layer, signal } = task;
    await queue.settle(task, () => indexLayer(layer, { ...options, signal }));
  }
}

async function runWorker(
  queue: LayerQueue,
  worker: LayerWorker,
  { limits, seekPoints = false }: IndexLayerOptions,
): Promise<void> {
  for (let task = queue.takeLocated(); task !== undefined; task = queue.takeLocated()) {
    const { location, layer, signal } = task;
    const reply = await worker.ask({ location, limits, seekPoints }, signal);
    if (reply === undefined) {
      queue.giveBack(task);
      return;
    }
    const { digest } = layer.descriptor;
    await queue.settle(task, () => unpackLayer(reply, digest));
  }
}
