import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startAiGateway } from './index.ts';

const number = z.coerce.number().nonnegative();

/** Options of the command line, each of which may stand in the environment instead. */
const settings = z.object({
  PORT: number.int().max(65_535).default(0),
  CF_AI_GATEWAY_ACCOUNT_ID: z.string().min(1).default('local-account'),
  CF_AI_GATEWAY_GATEWAY_ID: z.string().min(1).default('local-gateway'),
  CLOUDFLARE_AI_GATEWAY_API_KEY: z.string().min(1).default('local-key'),
  LOCAL_MODEL_URL: z.url().optional(),
  LOCAL_MODEL_NAME: z.string().min(1).optional(),
  LOG_FILE: z.string().min(1).optional(),
  TOKENS_PER_SECOND: number.optional(),
  LOG_DELAY_MS: number.optional(),
});

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    'model-url': { type: 'string' },
    'model-name': { type: 'string' },
    'log-file': { type: 'string' },
    'tokens-per-second': { type: 'string' },
    'log-delay-ms': { type: 'string' },
  },
});
const given = settings.safeParse({
  ...process.env,
  ...(values.port && { PORT: values.port }),
  ...(values['model-url'] && { LOCAL_MODEL_URL: values['model-url'] }),
  ...(values['model-name'] && { LOCAL_MODEL_NAME: values['model-name'] }),
  ...(values['log-file'] && { LOG_FILE: values['log-file'] }),
  ...(values['tokens-per-second'] && { TOKENS_PER_SECOND: values['tokens-per-second'] }),
  ...(values['log-delay-ms'] && { LOG_DELAY_MS: values['log-delay-ms'] }),
});
if (!given.success) {
  console.error(z.prettifyError(given.error));
  process.exit(1);
}
const env = given.data;
const gateway = await startAiGateway({
  port: env.PORT,
  accountId: env.CF_AI_GATEWAY_ACCOUNT_ID,
  gatewayId: env.CF_AI_GATEWAY_GATEWAY_ID,
  apiKeys: [env.CLOUDFLARE_AI_GATEWAY_API_KEY],
  modelUrl: env.LOCAL_MODEL_URL,
  modelName: env.LOCAL_MODEL_NAME,
  logFile: env.LOG_FILE,
  tokensPerSecond: env.TOKENS_PER_SECOND,
  logDelayMs: env.LOG_DELAY_MS,
});
console.log(`AI Gateway stand-in: ${gateway.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void gateway.close().then(() => process.exit(0)));
}
