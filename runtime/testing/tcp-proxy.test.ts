import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const echo = createServer((socket) => socket.pipe(socket).on("error", () => socket.destroy()));
let echoPort: number;
beforeAll(async () => {
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  echoPort = (echo.address() as AddressInfo).port; // A TCP server's address is an object.
});
afterAll(() => {
  echo.close();
});

async function client(proxy: TcpProxy): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(proxy.port, "127.0.0.1").on("error", () => undefined);
  let text = "";
  socket.on("data", (data) => {
    text += data.toString();
  });
  await once(socket, "connect");
  return { socket, received: () => text };
}

it("passes both ways", async () => {
  await using proxy = await startTcpProxy(echoPort);
  const { socket, received } = await client(proxy);
  socket.write("hello");
  await expect.poll(() => received()).toBe("hello");
});

it("lets nothing through while it stalls, on old and new connections, and then all of it", async () => {
  await using proxy = await startTcpProxy(echoPort);
  const old = await client(proxy);
  proxy.stall();
  const young = await client(proxy);
  for (const { socket } of [old, young]) socket.write("held");
  await using other = await startTcpProxy(echoPort);
  const witness = await client(other);
  witness.socket.write("passed");
  await expect.poll(() => witness.received()).toBe("passed");
  expect([old.received(), young.received()]).toEqual(["", ""]);
  proxy.heal();
  await expect.poll(() => [old.received(), young.received()]).toEqual(["held", "held"]);
});

it("breaks every connection while it refuses and takes new ones when healed", async () => {
  await using proxy = await startTcpProxy(echoPort);
  const { socket } = await client(proxy);
  const closed = once(socket, "close");
  proxy.refuse();
  await closed;
  const refused = connect(proxy.port, "127.0.0.1").on("error", () => undefined);
  await once(refused, "close");
  proxy.heal();
  const again = await client(proxy);
  again.socket.write("back");
  await expect.poll(() => again.received()).toBe("back");
});

it("loses what goes one way, counts it, and passes everything after a cut", async () => {
  await using proxy = await startTcpProxy(echoPort);
  const { socket } = await client(proxy);
  proxy.lose("answers");
  const closed = once(socket, "close");
  socket.write("gone");
  await expect.poll(() => proxy.lostBytes).toBe(4);
  proxy.cut();
  await closed;
  const again = await client(proxy);
  again.socket.write("kept");
  await expect.poll(() => again.received()).toBe("kept");
});

it("carries more than its buffers hold", async () => {
  await using proxy = await startTcpProxy(echoPort);
  const socket = connect(proxy.port, "127.0.0.1");
  await once(socket, "connect");
  const sent = 8 * 1024 * 1024;
  socket.write(Buffer.alloc(sent, 1));
  let received = 0;
  socket.on("data", (data) => {
    received += data.length;
  });
  await expect.poll(() => received).toBe(sent);
});
