// Every document by its name: what `cutaway schema` publishes.
import type { TSchema } from 'typebox';
import { BlameDocument } from './blame.js';
import { DiffDocument } from './diff.js';
import { DoctorDocument } from './doctor.js';
import { ExtractDocument } from './extract.js';
import { HistoryDocument } from './history.js';
import { ImagesDocument } from './images.js';
import { InspectDocument } from './inspect.js';
import { LayersDocument } from './layers.js';
import { LsDocument } from './ls.js';
import { NsDocument } from './ns.js';
import { OverlayDocument } from './overlay.js';
import { ProcsDocument } from './procs.js';
import { PruneDocument } from './prune.js';
import { RecoverDocument } from './recover.js';
import { SearchDocument } from './search.js';
import { TreeDocument } from './tree.js';
import { VerifyDocument } from './verify.js';
import { WasteDocument } from './waste.js';
import { WhoseDocument } from './whose.js';

export const DOCUMENTS: Readonly<Record<string, TSchema>> = {
  blame: BlameDocument,
  diff: DiffDocument,
  doctor: DoctorDocument,
  extract: ExtractDocument,
  history: HistoryDocument,
  images: ImagesDocument,
  inspect: InspectDocument,
  layers: LayersDocument,
  ls: LsDocument,
  ns: NsDocument,
  overlay: OverlayDocument,
  procs: ProcsDocument,
  prune: PruneDocument,
  recover: RecoverDocument,
  search: SearchDocument,
  tree: TreeDocument,
  verify: VerifyDocument,
  waste: WasteDocument,
  whose: WhoseDocument,
};
