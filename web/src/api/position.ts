// How far the log had come with this browser's last command, so that a read shows at least that.

import { listen, tell } from "./channel";

export const POSITION_HEADER = "Trainnet-Position";
const KEY = "trainnet.position";

let last = read();

function read(): number {
  try {
    const kept = Number(sessionStorage.getItem(KEY));
    return Number.isSafeInteger(kept) && kept > 0 ? kept : 0;
  } catch {
    return 0;
  }
}

function keep(position: number): void {
  last = position;
  try {
    if (position === 0) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, String(position));
  } catch {
    // Storage may be forbidden; what is kept in memory does for this page.
  }
}

listen((told) => {
  if (told.type === "position" && told.position > last) keep(told.position);
});

export const position = (): number => last;

/** Takes the position that a command was answered with. */
export function reached(response: Response): void {
  const said = Number(response.headers.get(POSITION_HEADER));
  if (!Number.isSafeInteger(said) || said <= last) return;
  keep(said);
  tell({ type: "position", position: said });
}

/** The server knows nothing of our position: it stands on another log than it did. */
export function forgetPosition(): void {
  keep(0);
}
