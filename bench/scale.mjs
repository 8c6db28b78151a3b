// Cost as work grows: entries and bytes, each ten times the one before; drawn in docs/scale.svg.
import { statSync, rmSync, writeFileSync } from 'node:fs';
import { writeImage } from './image.mjs';
import { measure, median, peakMemory } from './measure.mjs';
import { drawScale } from './plot.mjs';

const ENTRIES = [10_000, 100_000, 1_000_000];
const GIGABYTES = [0.1, 1, 10];

export async function benchScale({ cutaway, place }) {
  const cold = [...cutaway, '--data-root', `${place}/none`, '--no-cache', 'layers'];
  const look = async (layers, rounds) => {
    const archive = `${place}/image.tar`;
    writeImage(archive, layers);
    const command = [...cold, archive];
    const seconds = median(measure(new Map([['look', command]]), rounds).get('look'));
    const memory = await peakMemory(command);
    const bytes = statSync(archive).size;
    rmSync(archive);
    return { seconds, memory, bytes };
  };
  const entries = [];
  for (const count of ENTRIES) {
    const found = await look([{ megabytes: count / 5000, entries: count }], 3);
    entries.push({ x: count, ...found });
    console.log(`${count} entries: ${found.seconds.toFixed(2)} s, ${found.memory.toFixed(0)} MiB`);
  }
  const bytes = [];
  for (const gigabytes of GIGABYTES) {
    const layer = { megabytes: gigabytes * 250, entries: 2500 };
    const found = await look([layer, layer, layer, layer], gigabytes > 1 ? 1 : 3);
    bytes.push({ x: gigabytes, ...found });
    console.log(`${gigabytes} GB: ${found.seconds.toFixed(2)} s, ${found.memory.toFixed(0)} MiB`);
  }
  writeFileSync('docs/scale.svg', drawScale({ entries, bytes }));
}
