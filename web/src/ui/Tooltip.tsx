// A word or two about something, for whoever points at it or comes to it by keyboard.

import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";

export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={300}>
      <Radix.Root>
        <Radix.Trigger asChild>{children}</Radix.Trigger>
        <Radix.Portal container={document.getElementById("main")}>
          <Radix.Content
            sideOffset={6}
            collisionPadding={8}
            className="animate-appear z-50 max-w-72 rounded-md bg-ink px-2.5 py-1.5 text-xs text-paper shadow-2"
          >
            {text}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}
