/** Keys of annotations and labels that say something we use, by who defines them. */
export const ANNOTATION = {
  // image-spec annotations.md
  created: 'org.opencontainers.image.created',
  authors: 'org.opencontainers.image.authors',
  url: 'org.opencontainers.image.url',
  source: 'org.opencontainers.image.source',
  version: 'org.opencontainers.image.version',
  revision: 'org.opencontainers.image.revision',
  title: 'org.opencontainers.image.title',
  description: 'org.opencontainers.image.description',
  baseName: 'org.opencontainers.image.base.name',
  baseDigest: 'org.opencontainers.image.base.digest',
  /** In a layout's index.json: a tag, or by common abuse a whole reference. */
  refName: 'org.opencontainers.image.ref.name',
  // containerd: the full reference beside the tag, in archives that it and Docker write.
  containerdImageName: 'io.containerd.image.name',
  containerdDistributionSource: 'containerd.io/distribution.source',
  // BuildKit: what a manifest in an index is, when it is not an image.
  dockerReferenceType: 'vnd.docker.reference.type',
  dockerReferenceDigest: 'vnd.docker.reference.digest',
  // Kubernetes (CRI), on the containers of containerd and CRI-O.
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const;
