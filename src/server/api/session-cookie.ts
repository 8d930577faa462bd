import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyReply, FastifyRequest } from "fastify";

const NAME = "plugboard_session";
/** Browsers accept a cookie with this prefix only if it is `Secure`, for this host and all of its paths. */
const SECURE_PREFIX = "__Host-";

/** Where a browser's request came from: one of our pages, another site, or unknown (not a browser). */
export type Site = "own" | "foreign" | "unknown";

/** The cookie of the dashboard's sessions: out of reach of scripts, and sent only by our own pages. */
export class SessionCookie {
  readonly #publicOrigin: string;
  readonly #secure: boolean;
  readonly #name: string;

  /** `publicUrl`: where people reach the platform. The cookie is `Secure` if that is https. */
  constructor(publicUrl: string) {
    const { protocol, origin } = new URL(publicUrl);
    this.#publicOrigin = origin;
    this.#secure = protocol === "https:";
    this.#name = this.#secure ? `${SECURE_PREFIX}${NAME}` : NAME;
  }

  /** The token of the request's session; null: none. */
  read(request: FastifyRequest): string | null {
    return parseCookie(request.headers.cookie ?? "")[this.#name] ?? null;
  }

  /** Sets the cookie for as long as the browser is open; the platform decides when the session ends. */
  give(reply: FastifyReply, token: string): void {
    void reply.header("set-cookie", stringifySetCookie({ ...this.#cookie(), value: token }));
  }

  takeAway(reply: FastifyReply): void {
    void reply.header("set-cookie", stringifySetCookie({ ...this.#cookie(), value: "", maxAge: 0 }));
  }

  /**
   * Browsers say where a request comes from (`Sec-Fetch-Site`, older ones `Origin`), and no page can change that. A cookie
   * must open nothing to a page of another site.
   */
  siteOf(request: FastifyRequest): Site {
    const fetchSite = request.headers["sec-fetch-site"];
    if (fetchSite !== undefined) return fetchSite === "same-origin" || fetchSite === "none" ? "own" : "foreign";
    const { origin } = request.headers;
    if (origin === undefined) return "unknown";
    return origin === this.#publicOrigin || hostOf(origin) === request.host ? "own" : "foreign";
  }

  /**
   * Whether a script of one of our pages asks. Told that a key would do (`WWW-Authenticate: Basic`), a browser would ask the
   * person for one in a window of its own. Without https browsers leave `Sec-Fetch-Dest` out, but not `Referer`.
   */
  isPageScript({ headers, host }: FastifyRequest): boolean {
    return headers["sec-fetch-dest"] === "empty" || (headers.referer !== undefined && hostOf(headers.referer) === host);
  }

  #cookie() {
    return { name: this.#name, path: "/", httpOnly: true, sameSite: "strict", secure: this.#secure } as const;
  }
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
