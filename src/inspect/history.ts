// Which steps made the image, and which of them left a layer?
import { alignHistory } from '../oci/history.js';
import { makeDocument } from './document.js';
import type { HistoryDocument, StepRecord } from './documents/history.js';
import { imageFacts, layerSummaries, stepFacts } from './layers.js';
import { containerImage } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

export async function inspectHistory(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
): Promise<HistoryDocument> {
  const from = target.kind === 'image' ? target : containerImage(context, target);
  const { image } = from;
  const history = alignHistory(image.config.history, image.layers.length);
  const summaries = await layerSummaries(from);
  const steps = image.config.history.map((step): StepRecord => {
    const at = history.layers.indexOf(step);
    const [layer, known] = summaries[at] ?? [];
    return {
      ...stepFacts(step),
      ...(step.comment === undefined ? {} : { comment: step.comment }),
      ...(step.author === undefined ? {} : { author: step.author }),
      contentSize: known?.summary.contentSize ?? 0,
      ...(layer === undefined
        ? {}
        : {
            layer: {
              index: layer.index,
              digest: layer.descriptor.digest,
              diffID: layer.diffID,
              chainID: layer.chainID,
            },
          }),
    };
  });
  const answer = { image: imageFacts(image), steps };
  const problems = [...image.problems, ...history.problems];
  return makeDocument(context.host, 'history', target.subject, answer, problems);
}
