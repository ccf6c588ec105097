// Keeps the session over everything that can happen to it: its end, other tabs, another user.

import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { listen } from "@/api/channel";
import { onSessionOver } from "@/api/transport";
import { language, languageChosen, setLanguage } from "@/i18n";
import { forget, type Me, meQuery, recover, useMe } from "./session";

const SignInAgain = lazy(() => import("./SignInAgain"));

type Waiting = { email: string; user: string; promise: Promise<boolean>; end: (again: boolean) => void };

export function SessionKeeper() {
  const queries = useQueryClient();
  const me = useMe();
  const [waiting, setWaiting] = useState<Waiting>();

  useEffect(() => {
    let open: Waiting | undefined;
    onSessionOver(() => {
      const known = queries.getQueryData<Me | null>(meQuery.queryKey);
      // Nobody was here: the page behind the door sends to the sign-in.
      if (!known?.email) return Promise.resolve(false);
      if (open !== undefined) return open.promise;
      let end: (again: boolean) => void = () => {};
      const promise = new Promise<boolean>((resolve) => {
        end = (again) => {
          open = undefined;
          setWaiting(undefined);
          if (!again) forget(queries);
          resolve(again);
          // What waited for this goes on; what had given up meanwhile is read again.
          if (again) recover(queries);
        };
      });
      open = { email: known.email, user: known.id, promise, end };
      setWaiting(open);
      return promise;
    });
    const stop = listen((told) => {
      if (told.type === "signed-out") {
        open?.end(false);
        forget(queries);
      }
      if (told.type !== "signed-in") return;
      const known = queries.getQueryData<Me | null>(meQuery.queryKey);
      if (known && known.id !== told.user) {
        // What is on this page was read for somebody else.
        location.assign("/");
      } else if (open !== undefined) open.end(true);
      else {
        void queries.invalidateQueries({ queryKey: meQuery.queryKey });
        recover(queries);
      }
    });
    return stop;
  }, [queries]);

  const preferred = me?.language;
  useEffect(() => {
    if (preferred !== "en" && preferred !== "ru") return;
    if (!languageChosen() && language() !== preferred) void setLanguage(preferred);
  }, [preferred]);

  if (waiting === undefined) return null;
  return (
    <Suspense>
      <SignInAgain email={waiting.email} onDone={() => waiting.end(true)} onGiveUp={() => waiting.end(false)} />
    </Suspense>
  );
}
