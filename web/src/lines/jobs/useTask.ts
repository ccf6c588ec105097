// What a machine says of a job, as it says it: points of the curves, lines of the log, where it stands.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type LiveMessage, type LiveState, useLive } from "@/api/live";
import { unitOf } from "./names";
import { addPoint, type Point, readPoint } from "./points";

export type LogLine = { id: number; at: string; level: "debug" | "info" | "warn" | "error"; text: string };

export type Task = {
  live: LiveState;
  points: readonly Point[];
  log: readonly LogLine[];
  /** When a machine last said anything, by the server's clock. */
  heardAt: string | undefined;
};

/** More than anybody reads, and little enough for a telephone. */
const LOG_MAX = 20_000;
const TYPES = ["progress", "log", "state"];
const LEVELS = new Set(["debug", "info", "warn", "error"]);

function readLine(id: number, said: unknown): LogLine | undefined {
  if (typeof said !== "object" || said === null) return undefined;
  const { at, level, text } = said as Record<string, unknown>;
  if (typeof at !== "string" || typeof text !== "string") return undefined;
  return { id, at, level: LEVELS.has(String(level)) ? (level as LogLine["level"]) : "info", text };
}

type Heard = { points: Point[]; log: LogLine[]; heardAt: string | undefined };
const NOTHING: Heard = { points: [], log: [], heardAt: undefined };

type Speaking = {
  /** Whether the job has, or may soon have, a unit that says something. */
  speaks: boolean;
  /** Whether it is over, so that the stream ends once all of it has been told. */
  over: boolean;
};

export function useTask(job: string, { speaks, over }: Speaking): Task {
  const queries = useQueryClient();
  const [begun, setBegun] = useState(false);
  const [ended, setEnded] = useState(false);
  const [shown, setShown] = useState(NOTHING);
  const heard = useRef(NOTHING);
  const last = useRef(0);
  const frame = useRef(0);
  const show = () => {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      setShown(heard.current);
    });
  };
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const onMessage = ({ type, id, data }: LiveMessage) => {
    setBegun(true);
    if (type === "state") {
      // What the machine said is about to be what the job is: read it anew.
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      return;
    }
    // After a pause the stream is told from its beginning.
    if (id === undefined || id <= last.current) return;
    last.current = id;
    const { points, log } = heard.current;
    if (type === "log") {
      const line = readLine(id, data);
      if (line === undefined) return;
      heard.current = { points, log: [...log.slice(-LOG_MAX), line], heardAt: line.at };
    } else {
      const point = readPoint(data);
      if (point === undefined) return;
      heard.current = { points: addPoint(points, point), log, heardAt: point.at };
      // What is saved is charged: the job is another than it was.
      if (point.saved) void queries.invalidateQueries({ queryKey: ["jobs", "one", job] });
    }
    show();
  };

  const path = speaks ? `/v1/tasks/${unitOf(job)}/events` : undefined;
  const live = useLive(path, { types: TYPES, onMessage, over: ended });
  // The server ends the stream of what is over; then all of it has been said.
  if (!ended && live === "broken" && begun && over) setEnded(true);
  return { live: speaks ? live : "over", ...shown };
}
