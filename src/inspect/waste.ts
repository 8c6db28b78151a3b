// How many bytes are stored that nobody can see, and where?
import { diveFigures, type DiveFigures } from '../overlay/dive-figures.js';
import { efficiencyOf, findWaste } from '../overlay/waste.js';
import { makeDocument } from './document.js';
import type { Origin } from './documents/origin.js';
import type { WasteDocument } from './documents/waste.js';
import { pathFacts } from './entry-facts.js';
import { layerOrigins } from './origins.js';
import { mergeStack, targetStack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';
import { judgeWaste, type WasteRules } from './waste-rules.js';

/** With `rules` there is a verdict on each. */
export async function inspectWaste(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  options: { readonly rules?: WasteRules } = {},
): Promise<WasteDocument> {
  const { rules } = options;
  const stack = await targetStack(context, target, { hash: false });
  const tree = mergeStack(stack);
  const waste = findWaste(
    stack.layers.map(({ index }) => index),
    tree,
  );
  const ofImage = stack.layers.filter(({ role }) => role === 'layer');
  const figures = diveFigures(ofImage.map(({ index }) => index));
  const size = waste.layers.reduce((sum, layer) => sum + layer.size, 0);
  const wasted = waste.layers.reduce((sum, layer) => sum + layer.wasted, 0);
  const origins = layerOrigins(context, target, stack);
  const answer = {
    totals: {
      size,
      visible: size - wasted,
      wasted,
      efficiency: efficiencyOf(waste.layers),
      paths: waste.paths.length,
    },
    dive: figuresFacts(figures),
    ...(rules === undefined ? {} : { rules: judgeWaste(figures, rules) }),
    layers: waste.layers.map((layer, at) => ({ ...originAt(origins, at), ...layer })),
    paths: waste.paths.map(({ path, wasted, layers, visible }) => ({
      ...pathFacts(path),
      wasted,
      versions: layers.length,
      layers: [...layers],
      ...(visible === undefined ? {} : { visible }),
    })),
  };
  const problems = [...stack.problems, ...tree.problems];
  return makeDocument(context.host, 'waste', target.subject, answer, problems);
}

function originAt(origins: readonly Origin[], at: number): Origin {
  return origins[at] ?? { layer: at + 1, role: 'layer' };
}

/** JSON has no infinity. */
function figuresFacts(figures: DiveFigures): WasteDocument['dive'] {
  const { userWastedPercent, ...rest } = figures;
  return Number.isFinite(userWastedPercent) ? { ...rest, userWastedPercent } : rest;
}
