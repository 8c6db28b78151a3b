// An HTTP proxy as HTTP_PROXY names one: whatever host it is asked for, it goes to one port of this
// machine.
import { createServer, request as httpRequest } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Test } from 'tap';

export interface ForwardProxy {
  readonly host: string;
  /** Hosts of tunnels, and whole URLs. */
  readonly requests: { readonly place: string; readonly authorization: string | undefined }[];
  /** From now on every tunnel is refused. */
  refuse(): void;
}

export async function startForwardProxy(t: Test, port: number): Promise<ForwardProxy> {
  const requests: ForwardProxy['requests'] = [];
  const sockets = new Set<Socket>();
  let refuses = false;
  const server = createServer();
  server.on('request', (request, response) => {
    const { method, url = '', headers } = request;
    requests.push({ place: url, authorization: headers['proxy-authorization'] });
    const { pathname, search } = new URL(url);
    const path = pathname + search;
    const outgoing = httpRequest({ port, method, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    request.pipe(outgoing);
  });
  server.on('connect', (request, client: Socket) => {
    const authorization = request.headers['proxy-authorization'];
    requests.push({ place: request.url ?? '', authorization });
    client.on('error', () => undefined);
    if (refuses) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.destroy());
    for (const socket of [client, target]) sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    refuse: () => {
      refuses = true;
    },
  };
}
