import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { refuseCaller, refuseGateway, refuseModel } from './admission.ts';
import type { AttemptInput } from './attempt.ts';
import { chatRequest, MAX_BODY_BYTES } from './chat-request.ts';
import type { Exchange } from './exchange.ts';
import { readSettings } from './gateway-headers.ts';
import { readBody, sendRefusal } from './http-io.ts';
import { envelopeRefusal, openAiRefusal, type Refusal } from './refusal.ts';

/** Reads and checks the request; null when it was refused and answered. */
export async function readInput(
  { state, req, res }: Exchange,
  accountId: string,
): Promise<Omit<AttemptInput, 'fault'> | null> {
  const seen = { body: null as unknown, bytes: 0 };
  const settings = readSettings(req.headers);
  const refuse = (refusal: Refusal) => {
    const received = {
      at: new Date().toISOString(),
      headers: req.headers,
      metadata: 'metadata' in settings ? settings.metadata : {},
      body: seen.body,
      ...named(seen.body),
    };
    const became = { logId: null, emitted: '', usage: null, fault: null };
    const { status } = refusal;
    state.recorder.open({ ...received, ...became, status, outcome: 'refused' }, seen.bytes);
    sendRefusal(req, res, refusal);
    return null;
  };
  const caller = refuseCaller(state.identity, accountId, req.headers);
  if (caller) return refuse(caller);
  const bytes = await readBody(req, MAX_BODY_BYTES);
  if (bytes === null) return refuse(envelopeRefusal(413, 3006, 'Request is too large'));
  const rawBody = bytes.toString('utf8');
  seen.bytes = bytes.length;
  try {
    seen.body = JSON.parse(rawBody);
  } catch {
    const message = 'The request body is not valid JSON.';
    return refuse(openAiRefusal(400, { message, code: 'invalid_json' }));
  }
  if ('status' in settings) return refuse(settings);
  const parsed = chatRequest.safeParse(seen.body);
  if (!parsed.success) {
    const message = z.prettifyError(parsed.error);
    return refuse(openAiRefusal(400, { message, code: 'invalid_request' }));
  }
  const gateway = refuseGateway(state.identity, header(req, 'cf-aig-gateway-id'));
  const refusal = gateway ?? refuseModel(parsed.data.model);
  if (refusal && refusal.status !== 410) return refuse(refusal);
  const request = parsed.data;
  return { request, settings, headers: req.headers, rawBody, bodyBytes: bytes.length };
}

function named(body: unknown): { model: string | null; stream: boolean } {
  if (typeof body !== 'object' || body === null) return { model: null, stream: false };
  const model = 'model' in body && typeof body.model === 'string' ? body.model : null;
  return { model, stream: 'stream' in body && body.stream === true };
}

function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
