// What people call a container, within its namespace: who made it left that in labels.
import type { ContainerEntry, Labels } from './metadata.js';

/** Of Kubernetes "POD-NAMESPACE/POD/CONTAINER", of nerdctl its name, else the id. */
export function containerName({ id, labels }: Pick<ContainerEntry, 'id' | 'labels'>): string {
  return podName(id, labels) ?? (labels['nerdctl/name'] || id);
}

/** Labels of kubelet and the CRI plugin (pkg/kubelet/types/labels.go, labels.go of the plugin). */
function podName(id: string, labels: Labels): string | undefined {
  const pod = labels['io.kubernetes.pod.name'] ?? '';
  if (pod === '') return undefined;
  const namespace = labels['io.kubernetes.pod.namespace'] || 'default';
  // The sandbox holds a pod's namespaces; names in Kubernetes are lower case.
  const isSandbox = labels['io.cri-containerd.kind'] === 'sandbox';
  const container = isSandbox ? 'POD' : labels['io.kubernetes.container.name'] || id;
  return `${namespace}/${pod}/${container}`;
}

/** nerdctl's own form of `-p`: a JSON list in a label. */
export function publishedPorts(labels: Labels): string[] {
  const text = labels['nerdctl/ports'];
  if (text === undefined) return [];
  const ports = parseList(text);
  return ports.flatMap((port): string[] => {
    if (typeof port !== 'object' || port === null) return [];
    const { HostPort, ContainerPort, Protocol, HostIP } = port as Record<string, unknown>;
    if (typeof HostPort !== 'number' || typeof ContainerPort !== 'number') return [];
    const address = typeof HostIP === 'string' && HostIP !== '' ? `${HostIP}:` : '';
    const protocol = typeof Protocol === 'string' ? Protocol : 'tcp';
    return [`${address}${HostPort}->${ContainerPort}/${protocol}`];
  });
}

function parseList(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Names that several have get the id behind them (of 64 digits the first 12). */
export function uniqueNames<One extends { readonly id: string; readonly name: string }>(
  containers: readonly One[],
): One[] {
  const counts = new Map<string, number>();
  for (const { name } of containers) counts.set(name, (counts.get(name) ?? 0) + 1);
  return containers.map((one) =>
    (counts.get(one.name) ?? 0) < 2 ? one : { ...one, name: `${one.name}/${shortID(one.id)}` },
  );
}

function shortID(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
}
