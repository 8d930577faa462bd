import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { err, ok } from "../../../base/result.ts";
import type { ApiOptions } from "../api-options.ts";
import type { NumberRouting } from "../number-routing.ts";
import type { TestApi } from "../testing/test-api.ts";
import { acme, AUTHORIZATION, PUBLIC_URL, startTestApi } from "../testing/test-api.ts";

const BETA = "/v2_beta/Accounts/acme/IncomingPhoneNumbers";
const V1 = "/v1/Accounts/acme/IncomingPhoneNumbers";

const changes: unknown[] = [];
/** Knows only flow 11754, and shows a change in the directory, as it must. */
let config = acme();
const numberRouting: NumberRouting = {
  change: (account, number, change) => {
    if (change.flow === "404") return Promise.resolve(err("account acme has no flow 404: 11754 is known"));
    changes.push([account, number, change]);
    const flowOf = change.flow === undefined ? config.flowOf : new Map([...config.flowOf, [number, change.flow]]);
    const nameOf = change.name === undefined ? config.nameOf : new Map([...config.nameOf, [number, change.name]]);
    config = acme({ flowOf, nameOf });
    return Promise.resolve(ok(undefined));
  },
};
const directory: ApiOptions["directory"] = {
  account: (sid) => (sid === "acme" ? config : undefined),
};

let fixed: TestApi;
let api: TestApi;
beforeAll(async () => {
  fixed = await startTestApi();
  api = await startTestApi({ directory, numberRouting });
}, 60_000);
afterAll(async () => {
  await fixed.close();
  await api.close();
});

interface Beta {
  readonly sid: string;
  readonly voice_url: string | null;
  readonly friendly_name: string;
}

async function first(on = fixed): Promise<Beta> {
  const [number] = (await on.get(BETA)).json<{ incoming_phone_numbers: Beta[] }>().incoming_phone_numbers;
  if (number === undefined) throw new Error("no number");
  return number;
}

function put(url: string, payload: string | object, on = api) {
  const type = typeof payload === "string" ? "application/x-www-form-urlencoded" : "application/json";
  const headers = { authorization: AUTHORIZATION, "content-type": type };
  return on.app.inject({ method: "PUT", url, payload, headers });
}

describe("the numbers of an account", () => {
  it("API-7: are listed with E.164, name, abilities, place and flow", async () => {
    const { sid } = await first();
    expect(sid).toMatch(/^[0-9a-f]{32}$/);
    expect((await fixed.get(BETA)).json()).toEqual({
      page: 0,
      page_size: 50,
      uri: `${PUBLIC_URL}${BETA}?Page=0&PageSize=50`,
      first_page_uri: `${PUBLIC_URL}${BETA}?Page=0&PageSize=50`,
      next_page_uri: null,
      previous_page_uri: null,
      incoming_phone_numbers: [
        {
          sid,
          phone_number: "+918047100000",
          friendly_name: "08047100000",
          capabilities: { voice: true, sms: false },
          country: "IN",
          region: "KA",
          voice_url: `${PUBLIC_URL}/acme/exoml/start_voice/11754`,
          sms_url: null,
        },
        expect.objectContaining({ phone_number: "+918047100001", friendly_name: "Support", voice_url: null }),
      ],
    });
  });

  it("API-7: are paged", async () => {
    const page = (await fixed.get(`${BETA}?Page=1&PageSize=1`)).json<Record<string, unknown>>();
    expect(page).toMatchObject({
      page: 1,
      next_page_uri: null,
      incoming_phone_numbers: [{ friendly_name: "Support" }],
    });
    expect(page["previous_page_uri"]).toBe(`${PUBLIC_URL}${BETA}?Page=0&PageSize=1`);
    expect((await fixed.get(`${BETA}?Page=-1`)).json()).toEqual({
      RestException: { Status: 400, Message: 'Page is "-1", it must be a whole number from 0 to 10000' },
    });
  });

  it("API-7: are found by their Sid and by the number in any form, with .json or not", async () => {
    const number = await first();
    for (const id of [number.sid, "08047100000", "%2B918047100000", "+918047100000", "918047100000", "8047100000"])
      for (const suffix of ["", ".json"]) expect((await fixed.get(`${BETA}/${id}${suffix}`)).json()).toEqual(number);
    const missing = await fixed.get(`${BETA}/08047100009`);
    expect([missing.statusCode, missing.json()]).toEqual([
      404,
      { RestException: { Status: 404, Message: "account acme has no number 08047100009" } },
    ]);
  });

  it("below /v1 have Exotel's older names, the account's form of numbers, and the same Sid", async () => {
    const { sid } = await first();
    const shown = {
      Sid: sid,
      AccountSid: "acme",
      PhoneNumber: "08047100000",
      FriendlyName: "08047100000",
      VoiceUrl: `${PUBLIC_URL}/acme/exoml/start_voice/11754`,
      SMSUrl: null,
      Capabilities: { Voice: true, SMS: false },
      Country: "IN",
      Region: "KA",
      Uri: `${V1}/${sid}.json`,
    };
    const list = (await fixed.get(`${V1}.json`)).json<{ IncomingPhoneNumbers: unknown[] }>();
    expect(list.IncomingPhoneNumbers[0]).toEqual({ IncomingPhoneNumber: shown });
    expect((await fixed.get(`${V1}/${sid}.json`)).json()).toEqual({ IncomingPhoneNumber: shown });
    expect((await fixed.get(V1)).body).toContain(
      `<TwilioResponse><IncomingPhoneNumbers><IncomingPhoneNumber><Sid>${sid}</Sid>`,
    );
  });

  it("API-7: belong to no other account", async () => {
    const other = await fixed.get("/v2_beta/Accounts/globex/IncomingPhoneNumbers");
    expect([other.statusCode, other.json()]).toMatchObject([401, { RestException: { Status: 401 } }]);
  });
});

describe("a number pointed at a flow", () => {
  it("API-7: sends calls there from now on, whatever the host in the VoiceUrl", async () => {
    const { sid } = await first(api);
    const voice = "http%3A%2F%2Fmy.exotel.com%2Facme%2Fexoml%2Fstart_voice%2F222";
    const changed = await put(`${BETA}/${sid}.json`, `VoiceUrl=${voice}&FriendlyName=Sales`);
    expect([changed.statusCode, changed.json()]).toMatchObject([
      200,
      { sid, friendly_name: "Sales", voice_url: `${PUBLIC_URL}/acme/exoml/start_voice/222` },
    ]);
    expect(changes).toEqual([["acme", "+918047100000", { flow: "222", name: "Sales" }]]);
    const json = await put(`${V1}/08047100000.json`, { VoiceUrl: "https://any.example/exoml/start/11754" });
    expect(json.json()).toMatchObject({ IncomingPhoneNumber: { VoiceUrl: /start_voice\/11754$/ } });
  });

  it.each([
    ["VoiceUrl=https%3A%2F%2Fapp.example%2Fvoice", 400, /VoiceUrl is .*, it must be a URL that ends in \/exoml/],
    ["VoiceUrl=http%3A%2F%2Fx%2Fexoml%2Fstart_voice%2F404", 400, /account acme has no flow 404/],
    ["FriendlyName=", 400, /FriendlyName is "", it must be at least 1 characters long/],
  ])("API-7: %s is refused", async (form, status, message) => {
    const response = await put(`${BETA}/08047100000`, form);
    expect(response.statusCode).toBe(status);
    expect(response.json<{ RestException: { Message: string } }>().RestException.Message).toMatch(message);
  });

  it("API-7: gets 501 if numbers are set in the workspace file", async () => {
    const response = await put(`${BETA}/08047100000`, "FriendlyName=Sales", fixed);
    expect(response.json()).toEqual({
      RestException: {
        Status: 501,
        Message: "numbers can't be changed by API: they are set in the workspace file of this platform",
      },
    });
    expect((await put(`${BETA}/08047100009`, "FriendlyName=Sales", fixed)).statusCode).toBe(404);
  });
});
