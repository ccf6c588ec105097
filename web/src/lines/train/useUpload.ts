// An upload as a page follows it, remembered until it is done.

import { useEffect, useRef, useState } from "react";
import { api, ask } from "@/api/client";
import { onConnection } from "@/api/connection";
import { freshKey } from "@/api/idempotency";
import { useSignedIn } from "@/session/session";
import { fingerprint } from "./fingerprint";
import { type Remembered, remember, remembered } from "./remembered";
import { sendPart } from "./sendPart";
import { type Progress, Upload, type Wire } from "./upload";

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    const stop = onConnection((now) => now === "connected" && end());
    signal.addEventListener("abort", end);
  });
}

function wireOf(key: string): Wire {
  const path = (object: string) => ({ params: { path: { object } } });
  return {
    begin: (body) => ask(api.POST("/v1/uploads", { params: { header: { "Idempotency-Key": key } }, body })),
    look: (upload) => ask(api.GET("/v1/uploads/{object}", path(upload))),
    send: sendPart,
    complete: (upload) => ask(api.POST("/v1/uploads/{object}/complete", path(upload))),
    probe: () => ask(api.GET("/v1/me")),
    pause: sleep,
  };
}

export type Uploading = {
  name: string | undefined;
  progress: Progress | undefined;
  /** Something that was begun before and waits for its file to be chosen again. */
  waiting: Remembered | undefined;
  /** Whether the chosen file is another than the one that waits. */
  other: boolean;
  take: (file: File) => void;
  pause: () => void;
  resume: () => void;
  drop: () => void;
};

export function useUpload(onDone: (dataset: string) => void): Uploading {
  const user = useSignedIn().id;
  const [waiting, setWaiting] = useState(() => remembered(user));
  const [other, setOther] = useState(false);
  const [name, setName] = useState<string>();
  const [progress, setProgress] = useState<Progress>();
  const upload = useRef<Upload>(undefined);
  const done = useRef(onDone);
  useEffect(() => {
    done.current = onDone;
  }, [onDone]);
  useEffect(() => () => upload.current?.pause(), []);

  const start = (file: File, print: string, known: string | undefined) => {
    const begun = new Upload(
      file,
      wireOf(freshKey()),
      (now) => {
        if (upload.current !== begun) return;
        setProgress(now);
        if ((now.phase === "sending" || now.phase === "checking") && now.upload !== undefined) {
          remember(user, { upload: now.upload, name: file.name, bytes: file.size, print });
        }
        if (now.phase === "failed" || now.phase === "done") remember(user, undefined);
        if (now.phase === "done" && now.upload !== undefined) done.current(now.upload);
      },
      known,
    );
    upload.current = begun;
    setName(file.name);
    setProgress(begun.now);
    void begun.run();
  };

  return {
    name,
    progress,
    waiting,
    other,
    take: (file) => {
      upload.current?.pause();
      void fingerprint(file).then((print) => {
        if (waiting !== undefined && waiting.print !== print && !other) {
          // Once it is said; whoever chooses again means it.
          setOther(true);
          return;
        }
        const known = waiting?.print === print ? waiting.upload : undefined;
        setWaiting(undefined);
        setOther(false);
        start(file, print, known);
      });
    },
    pause: () => upload.current?.pause(),
    resume: () => void upload.current?.run(),
    drop: () => {
      const id = progress?.upload ?? waiting?.upload;
      upload.current?.pause();
      upload.current = undefined;
      remember(user, undefined);
      setWaiting(undefined);
      setOther(false);
      setProgress(undefined);
      setName(undefined);
      // What arrived of it expires by itself where this is not heard.
      if (id !== undefined && progress?.phase !== "done") {
        void api.DELETE("/v1/uploads/{object}", { params: { path: { object: id } } });
      }
    },
  };
}
