// How long ago something was, to the second: for what should have been a moment ago.

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { duration } from "./figures";

const CLOSELY_SECONDS = 120;

export function Ago({ at }: { at: string }) {
  const { t, i18n } = useTranslation();
  const [now, setNow] = useState(() => Date.now());
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1_000));
  const pause = seconds < CLOSELY_SECONDS ? 1_000 : 20_000;
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), pause);
    return () => clearInterval(timer);
  }, [pause]);
  return (
    <time dateTime={at} title={at} className="figures">
      {t("ago", { time: duration(seconds < CLOSELY_SECONDS ? seconds : Math.floor(seconds / 60) * 60, i18n.language) })}
    </time>
  );
}
