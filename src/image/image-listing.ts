import type { Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import type { Problem } from '../oci/problem.js';
import type { Image, ImageFailure } from './image.js';

/** What a source holds, while it is being put together. */
export interface ImageListing {
  readonly images: Image[];
  readonly failures: ImageFailure[];
  /** Of everything that says what it is for, wanted or not. */
  readonly platforms: Platform[];
  readonly problems: Problem[];
  /** Configs of manifests that another platform's machine would see. */
  readonly otherConfigs: Set<Digest>;
}

export function emptyListing(images: readonly Image[] = []): ImageListing {
  return {
    images: [...images],
    failures: [],
    platforms: [],
    problems: [],
    otherConfigs: new Set(),
  };
}

/** The platform part of an image config. */
export function platformOf({ os, architecture, variant }: Platform): Platform {
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}
