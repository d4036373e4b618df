/// <reference types="@sveltejs/kit" />

declare namespace App {
  interface Error {
    message: string;
  }
  interface Platform {
    env: {
      /** The edge's own API, called in process instead of over the network. */
      EDGE?: { fetch(request: Request): Promise<Response> };
    };
  }
}
