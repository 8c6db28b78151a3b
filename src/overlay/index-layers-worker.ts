// The thread that index-layers.ts starts. Reads one layer after the other, by itself.
import { parentPort } from 'node:worker_threads';
import { openFile } from '../host/linux-files.js';
import { openLayer } from '../image/image-layer.js';
import { indexLayer } from './index-layer.js';
import { packError, packLayer, type LayerRequest } from './layer-message.js';

parentPort?.on('message', (request: LayerRequest) => {
  void answer(request);
});

async function answer({ location, limits, seekPoints }: LayerRequest): Promise<void> {
  try {
    const layer = openLayer({ openFile }, location);
    const { reply, transfer } = packLayer(await indexLayer(layer, { limits, seekPoints }));
    parentPort?.postMessage(reply, transfer);
  } catch (error) {
    parentPort?.postMessage(packError(error));
  }
}
