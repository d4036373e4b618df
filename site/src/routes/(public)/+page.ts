export const prerender = true;
/** Nothing here needs a script: the page is its HTML. */
export const csr = false;
