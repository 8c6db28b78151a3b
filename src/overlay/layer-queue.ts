import type { ImageLayer, LayerLocation } from '../image/image.js';
import type { IndexedLayer } from './index-layer.js';

export interface LayerTask {
  readonly layer: ImageLayer;
  readonly position: number;
  /** Undefined when only this thread can read it. */
  readonly location: LayerLocation | undefined;
  /** Fires when nobody wants the result any more. */
  readonly signal: AbortSignal;
}

interface Entry extends LayerTask {
  readonly controller: AbortController;
}

/** Layers that wait for somebody to index them, the biggest first, and what became of them. */
export class LayerQueue {
  readonly #waiting: Entry[];
  readonly #running = new Set<Entry>();
  readonly #done: IndexedLayer[] = [];
  #failure: { readonly position: number; readonly error: unknown } | undefined;

  constructor(layers: readonly ImageLayer[], signal: AbortSignal | undefined) {
    const sizeOf = ({ layer }: LayerTask) => layer.descriptor.size;
    this.#waiting = layers
      .map((layer, position) => toEntry(layer, position, signal))
      .sort((a, b) => sizeOf(b) - sizeOf(a));
  }

  /** Bytes of the tasks that another thread can take, the biggest of all left out. */
  get sharedBytes(): number {
    const shared = this.#waiting.slice(1).filter(({ location }) => location !== undefined);
    return shared.reduce((sum, { layer }) => sum + layer.descriptor.size, 0);
  }

  take(): LayerTask | undefined {
    return this.#start(this.#waiting[0]);
  }

  takeLocated(): (LayerTask & { readonly location: LayerLocation }) | undefined {
    const entry = this.#start(this.#waiting.find(({ location }) => location !== undefined));
    return entry?.location === undefined ? undefined : { ...entry, location: entry.location };
  }

  /** Of failures the first in the order of layers counts: what comes after it is given up. */
  async settle(task: LayerTask, work: () => IndexedLayer | Promise<IndexedLayer>): Promise<void> {
    try {
      this.#done[task.position] = await work();
    } catch (error) {
      if (task.position < (this.#failure?.position ?? Infinity)) {
        this.#failure = { position: task.position, error };
      }
    }
    this.#end(task);
    this.#giveUpAfterFailure();
  }

  /** Somebody else has to do it. */
  giveBack(task: LayerTask): void {
    const entry = this.#end(task);
    if (entry !== undefined) this.#waiting.push({ ...entry, location: undefined });
    this.#giveUpAfterFailure();
  }

  results(): IndexedLayer[] {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#done;
  }

  #start(entry: Entry | undefined): Entry | undefined {
    if (entry === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    this.#running.add(entry);
    return entry;
  }

  #end({ position }: LayerTask): Entry | undefined {
    const entry = [...this.#running].find((one) => one.position === position);
    if (entry !== undefined) this.#running.delete(entry);
    return entry;
  }

  #giveUpAfterFailure(): void {
    const last = this.#failure?.position ?? Infinity;
    for (const entry of this.#running) if (entry.position > last) entry.controller.abort();
    const wanted = this.#waiting.filter(({ position }) => position < last);
    this.#waiting.splice(0, this.#waiting.length, ...wanted);
  }
}

function toEntry(layer: ImageLayer, position: number, outer: AbortSignal | undefined): Entry {
  const controller = new AbortController();
  const { signal } = controller;
  return {
    layer,
    position,
    location: layer.location(),
    controller,
    signal: outer === undefined ? signal : AbortSignal.any([signal, outer]),
  };
}
