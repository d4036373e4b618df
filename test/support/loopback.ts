import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** An answer that takes longer is a hang, ms. */
const TIMEOUT_MS = 330_000;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json(): unknown;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/**
 * Where to connect for a URL, and the Host to say: `*.localhost` is loopback to browsers and curl,
 * but not to Node's resolver.
 */
export function dial(url: URL): { hostname: string; host: string } {
  const isLocal = url.hostname === 'localhost' || url.hostname.endsWith('.localhost');
  return { hostname: isLocal ? '127.0.0.1' : url.hostname, host: url.host };
}

/** One HTTP request, with `*.localhost` understood. */
export function ask(address: string, options: Ask = {}): Promise<Answer> {
  const url = new URL(address);
  const { hostname, host } = dial(url);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const request = send(
      {
        method: options.method ?? 'GET',
        hostname,
        port: url.port,
        path: url.pathname + url.search,
        headers: {
          host,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        timeout: TIMEOUT_MS,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, text, json: () => JSON.parse(text) as unknown });
        });
      },
    );
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`no answer from ${address}`)));
    request.end(body);
  });
}

/** The same, for an answer that must be a success. */
export async function askOk(address: string, options: Ask = {}): Promise<unknown> {
  const answer = await ask(address, options);
  if (answer.status >= 200 && answer.status < 300) return answer.text === '' ? null : answer.json();
  throw new Error(
    `${options.method ?? 'GET'} ${address} answered ${answer.status}: ${answer.text}`,
  );
}
