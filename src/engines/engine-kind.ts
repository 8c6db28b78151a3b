import type { Engine, EngineOptions } from './engine.js';

/** Where an engine of a kind was found. */
export interface EnginePlace {
  /** `docker`; `podman@alice` where a host has several of a kind. */
  readonly name: string;
  /** The directory that it keeps everything in. */
  readonly root: string;
  /** Whose it is, when it is not root's. */
  readonly owner?: { readonly name: string; readonly uid: number; readonly home: string };
}

/** How a kind of engine is found, and its code loaded only then: start-up time counts. */
export interface EngineKind {
  readonly kind: string;
  /** The places that are there; one that is not costs a stat. */
  find(options: EngineOptions): readonly EnginePlace[];
  load(options: EngineOptions, place: EnginePlace): Promise<Engine>;
}
