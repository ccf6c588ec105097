// Counts down the seconds until something may be asked for again.

import { useCallback, useEffect, useState } from "react";

export function useCooldown(seconds: number): { left: number; begin: () => void } {
  const [left, setLeft] = useState(0);
  const running = left > 0;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setLeft((now) => Math.max(now - 1, 0)), 1_000);
    return () => clearInterval(timer);
  }, [running]);
  return { left, begin: useCallback(() => setLeft(seconds), [seconds]) };
}
