import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import { silentLog } from "../../../base/log.ts";
import { seededRandom } from "../../../base/random.ts";
import { systemClock } from "../../../base/system-clock.ts";
import { SCOPES } from "../../../edges/store/api-key-table.ts";
import { Sealer } from "../../../edges/store/sealer.ts";
import type { Store } from "../../../edges/store/store.ts";
import { TokenHash } from "../../../edges/store/token-hash.ts";
import { Access } from "../access.ts";

/** What a test may supply; by default the only account is `acme`. */
export interface TestAccessOptions {
  readonly accounts?: readonly string[];
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Where people reach the tests' platform. */
export const PUBLIC_URL = "https://voice.acme.example";

/** Access to accounts that each have a file key `<sid>-key` with the token `<sid>-token` and every scope. */
export async function testAccess(
  store: Pick<Store, "keys" | "members">,
  options: TestAccessOptions = {},
): Promise<Access> {
  const { accounts = ["acme"], clock = systemClock, log = silentLog } = options;
  const access = new Access({
    keys: store.keys,
    members: store.members,
    sealer: new Sealer("secret", seededRandom(2)),
    tokens: new TokenHash("secret"),
    isAccount: (sid) => accounts.includes(sid),
    publicUrl: PUBLIC_URL,
    clock,
    random: seededRandom(1),
    log,
  });
  for (const sid of accounts)
    await access.useFileKeys(sid, [{ key: `${sid}-key`, token: `${sid}-token`, scopes: [...SCOPES] }]);
  return access;
}

/** The same for tests without a database: there are only file keys. */
export function accessWithoutStore(options: TestAccessOptions = {}): Promise<Access> {
  const known = new Map<string, NonNullable<Awaited<ReturnType<Store["keys"]["find"]>>>>();
  const rest = { name: "", source: "file", createdAt: 0, createdBy: "", lastUsedAt: null, revokedAt: null } as const;
  const keys: Pick<Store["keys"], "find" | "used" | "replaceFileKeys"> = {
    find: (account, key) => Promise.resolve(known.get(`${account} ${key}`) ?? null),
    used: () => Promise.resolve(),
    replaceFileKeys: (account, all) => {
      for (const one of all) known.set(`${account} ${one.key}`, { ...rest, ...one, account });
      return Promise.resolve();
    },
  };
  return testAccess({ keys, members: {} } as unknown as Store, options);
}

const DAY_MS = 86_400_000;
const NOTE = { account: null, actor: { kind: "system", id: "test" }, action: "test", subject: "" } as const;
let sessions = 0;

/** Signs in an administrator of the platform, replacing any earlier one; returns the headers that our own pages send. */
export async function signedInAdmin(
  { members }: Store,
  now: number,
  password_hash = "none",
): Promise<Readonly<Record<string, string>>> {
  const admin = { id: "usr_admin", account: null, login: "test-admin", role: "admin", password_hash } as const;
  await members.addFirst({ ...admin, must_change: false, created_at: now, created_by: "test" });
  const asBefore = { role: "admin", password_hash, must_change: false, totp_active: false } as const;
  await members.changeOwn(admin.id, asBefore, { ...NOTE, at: now });
  const token = String((sessions += 1)).padStart(64, "0");
  await members.beginSession(admin.id, new TokenHash("secret").of(["session"], token), now, now - DAY_MS);
  return { cookie: `__Host-plugboard_session=${token}`, "sec-fetch-site": "same-origin" };
}

/** The `Authorization` of HTTP Basic. */
export function basic(key: string, token: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${key}:${token}`).toString("base64")}` };
}
