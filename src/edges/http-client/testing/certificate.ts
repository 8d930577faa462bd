import { generateKeyPairSync, sign } from "node:crypto";

/** DER (X.690): tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));
/** ecdsa-with-SHA256, commonName, subjectAltName, basicConstraints. */
const ALGORITHM = sequence(der(6, hex("2a8648ce3d040302")));
const COMMON_NAME = der(6, hex("550403"));
const ALT_NAME = der(6, hex("551d11"));
const CONSTRAINTS = der(6, hex("551d13"));

/** A self-signed certificate (RFC 5280) for a host name, created on the spot, so that no certificate in the repository can expire. */
export function selfSigned(host: string): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(der(0x31, sequence(COMMON_NAME, text(0x0c, host))));
  const extensions = sequence(
    sequence(ALT_NAME, der(4, sequence(text(0x82, host)))),
    sequence(CONSTRAINTS, der(4, sequence(der(1, hex("ff"))))),
  );
  const body = sequence(
    der(0xa0, der(2, hex("02"))),
    der(2, hex("01")),
    ALGORITHM,
    name,
    sequence(text(0x17, "200101000000Z"), text(0x17, "491231235959Z")),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const whole = sequence(body, ALGORITHM, der(3, hex("00"), sign("sha256", body, privateKey)));
  const lines = whole.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
