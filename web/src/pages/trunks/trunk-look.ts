import type { EntryLook } from "../../ui/entry-form.tsx";

/** The form of a trunk. */
export const TRUNK_LOOK: EntryLook = {
  kind: "trunks",
  nameField: "name",
  sections: [
    {
      title: "Connection",
      fields: {
        name: { label: "Name" },
        address: { label: "Address", placeholder: "sip.carrier.example" },
        transport: { label: "Transport", choices: { udp: "UDP", tcp: "TCP" } },
        username: { label: "User name" },
        password: { label: "Password", hint: "A stored one is shown as ********; left so, it stays." },
        accept_from: {
          label: "Accepts calls from",
          hint: "IP addresses and subnets, one a line. Calls from anywhere else get no answer.",
        },
      },
    },
    {
      title: "Which calls",
      fields: {
        reaches: { label: "Reaches", hint: "Prefixes such as +91, one a line; empty: everything." },
        priority: { label: "Priority" },
        channels: { label: "Channels" },
      },
    },
    {
      title: "Numbers",
      fields: {
        dial_format: {
          label: "Format of numbers",
          choices: { e164: "+91…", "e164-no-plus": "91…", national: "0…" },
        },
        number_in: {
          label: "Called number is in",
          choices: { "request-uri": "Request-URI", to: "To", "p-called-party-id": "P-Called-Party-ID" },
        },
      },
    },
    {
      title: "Behaviour",
      fields: {
        first_response_timeout: { label: "Seconds until the first response" },
        nat: { label: "Behind NAT", hint: "Requests within a call go to where the trunk's own came from." },
        symmetric_rtp: { label: "Symmetric RTP", hint: "Audio is sent to where the trunk's audio comes from." },
        wait_for_ack: { label: "Wait for ACK", hint: "Dials nobody before the caller's ACK has arrived." },
      },
    },
  ],
};
