// A stream of the server that goes on where it was after whatever breaks it.

import { useEffect, useEffectEvent, useState } from "react";
import { connection, onConnection } from "./connection";
import { transport } from "./transport";

export type LiveState = "connecting" | "live" | "broken" | "over";

export type LiveMessage = { type: string; id: number | undefined; data: unknown };

type LiveOptions = {
  /** The names of the events that are listened for. */
  types: readonly string[];
  onMessage: (message: LiveMessage) => void;
  /** Whether the stream is at its end, so that it is not opened again. */
  over?: boolean;
};

const PAUSE_MS = [500, 1_000, 2_000, 5_000, 10_000];

/**
 * Server-sent events from `path`, while it is given. The browser comes back by itself after a broken
 * connection; after a refusal it would not, so the session is looked after and the stream opened
 * anew behind the last event that was seen.
 */
export function useLive(path: string | undefined, options: LiveOptions): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const heard = useEffectEvent(options.onMessage);
  const types = options.types.join(" ");
  const over = options.over ?? false;

  useEffect(() => {
    if (path === undefined || over) return;
    let ended = false;
    let source: EventSource | undefined;
    let last: number | undefined;
    let tries = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const open = () => {
      if (ended) return;
      const url = new URL(path, location.origin);
      if (last !== undefined) url.searchParams.set("after", String(last));
      source = new EventSource(url);
      source.addEventListener("open", () => {
        tries = 0;
        setState("live");
      });
      source.addEventListener("error", () => {
        setState("broken");
        if (source?.readyState !== EventSource.CLOSED) return;
        source.close();
        again();
      });
      for (const type of types.split(" ")) {
        source.addEventListener(type, (event: MessageEvent<string>) => {
          // Of an event that has no number, browsers say the last that another had.
          const said = event.lastEventId === "" ? undefined : Number(event.lastEventId);
          const id = said === last ? undefined : said;
          if (id !== undefined && last !== undefined && id < last) return;
          if (id !== undefined) last = id;
          let data: unknown;
          try {
            data = JSON.parse(event.data);
          } catch {
            return;
          }
          heard({ type, id, data });
        });
      }
    };

    const again = () => {
      clearTimeout(timer);
      if (ended) return;
      const pause = PAUSE_MS[Math.min(tries, PAUSE_MS.length - 1)];
      tries += 1;
      timer = setTimeout(() => {
        // A stream cannot say why it was refused; a read finds out, and renews the session.
        transport(new Request(new URL("/v1/me", location.origin)))
          .then(open)
          .catch(again);
      }, pause);
    };

    const stop = onConnection((now) => {
      if (now === "connected" && source?.readyState === EventSource.CLOSED) {
        tries = 0;
        again();
      }
    });
    if (connection() === "connected") open();
    else again();
    return () => {
      ended = true;
      clearTimeout(timer);
      stop();
      source?.close();
    };
  }, [path, types, over]);

  return over ? "over" : state;
}
