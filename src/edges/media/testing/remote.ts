import type { RemoteMedia } from "../process/protocol.ts";

/** A far side that speaks PCMU both ways and sends telephone-events. */
export const REMOTE: RemoteMedia = {
  address: "10.0.0.1",
  port: 4000,
  rtcpPort: null,
  codec: "PCMU",
  payloadType: 0,
  dtmfPayloadType: 101,
  direction: "sendrecv",
};
