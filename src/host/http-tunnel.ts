// Https through a proxy: RFC 9110 section 9.3.6, CONNECT. The proxy sees whom we speak with and
// nothing of what is said.
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type Socket } from 'node:net';
import * as tls from 'node:tls';

/** Of the name and password in the proxy's URL. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

export function tunnelAgent(target: URL, proxy: URL, options: https.AgentOptions): https.Agent {
  const agent = new https.Agent(options);
  const connect = (_options: unknown, callback: (error: Error | null, socket?: Socket) => void) => {
    openTunnel(target, proxy).then(
      (socket) => {
        const host = target.hostname;
        const named = isIP(host) === 0 ? { servername: host } : {};
        callback(null, tls.connect({ ...options, host, ...named, socket }));
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)));
      },
    );
  };
  // Node's own form for connections that take a while; its types know only the other.
  Object.assign(agent, { createConnection: connect });
  return agent;
}

function openTunnel(target: URL, proxy: URL): Promise<Socket> {
  const place = `${target.hostname}:${target.port === '' ? '443' : target.port}`;
  const module = proxy.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = module.request(proxy.origin, {
      method: 'CONNECT',
      path: place,
      agent: false,
      timeout: CONNECT_MILLISECONDS,
      headers: { host: place, ...proxyAuthorization(proxy) },
    });
    request.on('timeout', () => {
      request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    });
    request.on('error', reject);
    request.on('connect', ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        const error = new Error(`the proxy refuses with ${statusCode}`);
        reject(Object.assign(error, { code: 'PROXY_REFUSED' }));
      }
    });
    request.end();
  });
}

const CONNECT_MILLISECONDS = 30_000;
