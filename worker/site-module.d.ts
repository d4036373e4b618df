/** The built site. It comes from `vite build`, so it is not there while types are checked. */
declare module '#site' {
  const site: {
    fetch(request: Request, env: unknown, ctx: ExecutionContext): Response | Promise<Response>;
  };
  export default site;
}
