// A file arrives whole, whatever the line to the server does meanwhile. The server here is a real one
// on loopback that behaves badly on purpose.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ProblemError, problemOf, unreachable } from "@/api/problem";
import type { ShownUpload } from "@/api/schema";
import { type Progress, Upload, type Wire } from "@/lines/train/upload";

const PART = 1_000;

type Fault = "drop" | "busy" | "hash" | "signed-out" | undefined;

class Shelf {
  readonly parts = new Map<number, Buffer>();
  bytes = 0;
  begun = 0;
  completed = 0;
  looked = 0;
  /** So often it says that it is still reading. */
  reads = 0;
  gone = false;
  /** What happens to a part, by how many came before it. */
  fault: (arrived: number, number: number) => Fault = () => undefined;
  #sent = 0;
  #server: Server | undefined;

  async open(): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const answer = (status: number, body?: unknown) => {
          response.writeHead(status, { "content-type": "application/json" });
          response.end(body === undefined ? undefined : JSON.stringify(body));
        };
        const refuse = (status: number, code: string) => answer(status, { status, code, title: code });
        const body = Buffer.concat(chunks);
        const [, number] = /parts\/(\d+)$/.exec(request.url ?? "") ?? [];
        if (number !== undefined) {
          this.#sent += 1;
          const fault = this.fault(this.#sent, Number(number));
          if (fault === "drop") return void request.socket.destroy();
          if (fault === "busy") return refuse(503, "unavailable");
          if (fault === "hash") return refuse(422, "uploads/part-hash");
          if (fault === "signed-out") return refuse(401, "unauthenticated");
          this.parts.set(Number(number), body);
          return answer(204);
        }
        if (request.method === "POST" && request.url === "/uploads") {
          this.begun += 1;
          this.gone = false;
          this.bytes = JSON.parse(body.toString()).bytes;
          return answer(201, this.#shown());
        }
        if (request.url?.endsWith("/complete")) {
          const whole = [...this.parts.values()].reduce((sum, part) => sum + part.length, 0);
          if (whole !== this.bytes) return refuse(409, "uploads/parts-missing");
          if (this.reads > 0) {
            this.reads -= 1;
            return refuse(503, "uploads/checking");
          }
          this.completed += 1;
          return answer(200, {});
        }
        this.looked += 1;
        return this.gone ? refuse(410, "uploads/over") : answer(200, this.#shown());
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #shown(): ShownUpload {
    const count = Math.ceil(this.bytes / PART);
    const all = Array.from({ length: count }, (_, at) => ({
      number: at + 1,
      url: "",
      bytes: Math.min(PART, this.bytes - at * PART),
    }));
    return {
      upload: "object_1",
      kind: "dataset",
      bytes: this.bytes,
      part_bytes: PART,
      standing: "open",
      parts: all.filter((part) => !this.parts.has(part.number)),
      arrived: [...this.parts.keys()],
    };
  }

  content(): Buffer {
    return Buffer.concat([...this.parts].toSorted(([a], [b]) => a - b).map(([, part]) => part));
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

let shelf = new Shelf();
afterEach(() => shelf.close());

async function world(bytes: number) {
  shelf = new Shelf();
  const base = await shelf.open();
  const content = Buffer.from(Array.from({ length: bytes }, (_, at) => at % 251));
  const file = new File([content], "rows.csv");
  const call = async (path: string, init?: RequestInit): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(base + path, init);
    } catch (error) {
      if (init?.signal?.aborted) throw error;
      throw unreachable(error);
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  };
  let probed = 0;
  const wire: Wire = {
    begin: async (what) => (await call("/uploads", { method: "POST", body: JSON.stringify(what) })).json() as Promise<ShownUpload>,
    look: async (upload) => (await call(`/uploads/${upload}`)).json() as Promise<ShownUpload>,
    send: async (upload, number, part, { signal, onProgress }) => {
      await call(`/uploads/${upload}/parts/${number}`, { method: "PUT", body: part, signal });
      onProgress(part.size);
    },
    complete: (upload) => call(`/uploads/${upload}/complete`, { method: "POST" }),
    probe: async () => {
      probed += 1;
    },
    pause: async () => {},
  };
  const told: Progress[] = [];
  const upload = (known?: string) => new Upload(file, wire, (now) => void told.push(now), known);
  return { content, wire, told, upload, probes: () => probed };
}

describe("an upload", () => {
  it("brings all bytes, and says more and more of them", async () => {
    const { content, told, upload } = await world(10_500);
    await upload().run();
    expect(shelf.content().equals(content)).toBe(true);
    expect(told.at(-1)).toMatchObject({ phase: "done", sent: 10_500 });
    const sent = told.map((it) => it.sent);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
  });

  it("goes on behind what has arrived when the line breaks", async () => {
    const { content, told, upload } = await world(9_000);
    shelf.fault = (sent) => (sent === 4 ? "drop" : undefined);
    await upload().run();
    expect(shelf.content().equals(content)).toBe(true);
    expect(shelf.begun).toBe(1);
    expect(shelf.looked).toBeGreaterThan(0);
    expect(told.some((it) => it.phase === "waiting")).toBe(true);
  });

  it("waits for a server that is overburdened", async () => {
    const { content, upload } = await world(5_000);
    shelf.fault = (sent) => (sent <= 4 ? "busy" : undefined);
    await upload().run();
    expect(shelf.content().equals(content)).toBe(true);
  });

  it("says that it is being read while it is, and not that the line is broken", async () => {
    const { told, upload } = await world(2_000);
    shelf.reads = 2;
    await upload().run();
    expect(shelf.completed).toBe(1);
    expect(new Set(told.map((it) => it.phase))).toEqual(new Set(["sending", "checking", "done"]));
  });

  it("has the session renewed when it is over, and goes on", async () => {
    const { content, upload, probes } = await world(3_000);
    shelf.fault = (sent) => (sent === 2 ? "signed-out" : undefined);
    await upload().run();
    expect(shelf.content().equals(content)).toBe(true);
    expect(probes()).toBeGreaterThan(0);
  });

  it("sends a part again that changed on its way, and gives up when it always does", async () => {
    const good = await world(3_000);
    const seen = new Set<number>();
    shelf.fault = (_, number) => (seen.size === seen.add(number).size ? undefined : "hash");
    await good.upload().run();
    expect(shelf.content().equals(good.content)).toBe(true);
    shelf.close();
    const bad = await world(3_000);
    shelf.fault = (_, number) => (number === 2 ? "hash" : undefined);
    await bad.upload().run();
    expect(bad.told.at(-1)).toMatchObject({ phase: "failed", error: expect.any(ProblemError) });
  });

  it("rests while it is paused and goes on where it was", async () => {
    const { content, told, wire, upload } = await world(8_000);
    const send = wire.send;
    const moving = upload();
    wire.send = async (of, number, part, sent) => {
      if (number === 4) moving.pause();
      await send(of, number, part, sent);
    };
    await moving.run();
    expect(told.at(-1)?.phase).toBe("paused");
    expect(shelf.completed).toBe(0);
    wire.send = send;
    await moving.run();
    expect(told.at(-1)?.phase).toBe("done");
    expect(shelf.begun).toBe(1);
    expect(shelf.content().equals(content)).toBe(true);
  });

  it("goes on after a reload with what is missing alone", async () => {
    const { content, upload } = await world(6_000);
    const first = upload();
    shelf.fault = (sent) => {
      if (sent === 3) first.pause();
      return undefined;
    };
    await first.run();
    const before = shelf.parts.size;
    expect(before).toBeGreaterThan(0);
    let again = 0;
    shelf.fault = () => {
      again += 1;
      return undefined;
    };
    await upload("object_1").run();
    expect(shelf.begun).toBe(1);
    expect(again).toBe(6 - before);
    expect(shelf.content().equals(content)).toBe(true);
  });

  it("begins anew when what was begun has been let go", async () => {
    const { content, upload } = await world(2_000);
    shelf.gone = true;
    await upload("object_1").run();
    expect(shelf.begun).toBe(1);
    expect(shelf.content().equals(content)).toBe(true);
  });
});
