import { afterEach, expect, it } from "vitest";
import { DgramLayer, type Receive, type UdpSocket } from "./sockets.ts";

const ADDRESS = "127.0.0.1";
const layer = new DgramLayer(ADDRESS);
const opened: UdpSocket[] = [];

afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

function open(receive: Receive = () => {}, port = 0): UdpSocket {
  const socket = layer.open(port, receive);
  if (typeof socket === "string") throw new Error(socket);
  opened.push(socket);
  return socket;
}

/** A socket that keeps the first byte of each packet, and a wait for `count` of them. */
function listener(): { socket: UdpSocket; got: number[]; until: (count: number) => Promise<void> } {
  const got: number[] = [];
  let wake = (): void => {};
  // A specific port, as in the engine: Linux forgets any other when a socket is disconnected.
  const { port } = open();
  opened.pop()?.close();
  const socket = open((packet) => {
    got.push(packet[0] ?? -1);
    wake();
  }, port);
  const until = async (count: number): Promise<void> => {
    while (got.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { socket, got, until };
}

function sendByte(from: UdpSocket, to: UdpSocket, byte: number): void {
  from.send(Uint8Array.of(byte, 0, 0), 1, to.port, ADDRESS);
}

it("reports at once that a port is in use, and that an address is not local", () => {
  const socket = open();
  expect(layer.open(socket.port, () => {})).toBe("in_use");
  expect(new DgramLayer("203.0.113.1").open(0, () => {})).toBe("failed");
});

it("reopens a closed port at once", () => {
  const socket = open();
  socket.close();
  socket.close();
  expect(open(() => {}, socket.port).port).toBe(socket.port);
});

it("once connected, the kernel passes only the peer's packets; after disconnecting, all of them", async () => {
  const { socket, got, until } = listener();
  const [peer, stray] = [open(), open()];
  expect(socket.connect(peer.port, ADDRESS)).toBe(true);
  sendByte(stray, socket, 1);
  sendByte(peer, socket, 2);
  await until(1);
  expect(got).toEqual([2]);
  socket.disconnect();
  sendByte(stray, socket, 3);
  await until(2);
  expect(got).toEqual([2, 3]);
});

it("a peer whose port is closed for a while does not stop a connected socket", async () => {
  const { socket, got, until } = listener();
  const peer = open();
  socket.connect(peer.port, ADDRESS);
  peer.close();
  const before = layer.errors;
  for (let i = 0; i < 3; i++) {
    sendByte(socket, peer, i);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(layer.errors).toBeGreaterThan(before);
  sendByte(
    open(() => {}, peer.port),
    socket,
    9,
  );
  await until(1);
  expect(got).toEqual([9]);
});

it("addresses and ports that can't be sent to are counted, not thrown", () => {
  const socket = open();
  const before = layer.errors;
  const packet = new Uint8Array(12);
  expect(() => {
    socket.send(packet, 12, 0, ADDRESS);
    socket.send(packet, 12, 65_536, ADDRESS);
    socket.send(packet, 12, 4000, "phone.example");
    socket.send(packet, 12, 4000, "::1");
    socket.send(packet, 12, 4000, "");
  }).not.toThrow();
  expect(layer.errors).toBe(before + 2);
  expect(socket.connect(4000, "phone.example")).toBe(false);
  socket.close();
  expect(() => socket.send(packet, 12, 4000, ADDRESS)).not.toThrow();
});
