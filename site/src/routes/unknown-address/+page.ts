/** What the edge shows under every host that is nobody's: it needs nothing but files. */
export const prerender = true;
export const csr = false;
