/** Where `npm run dev` serves, for `npm run dev:site` beside it: `EDGE_PORT`, or what it is unless told. */
export const EDGE_PORT = Number(process.env['EDGE_PORT'] ?? 8787);
