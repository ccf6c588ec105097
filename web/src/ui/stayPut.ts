// Keeps the page where it is while a dialog lies on it, without taking its scroll bar away: that
// would move everything sideways.

/** For the `ref` of what lies on the page: only a part marked as `data-scrolls` is scrolled. */
export function stayPut(element: HTMLElement | null): (() => void) | undefined {
  if (element === null) return undefined;
  const refuse = (event: Event) => {
    const target = event.target instanceof Element ? event.target : null;
    const inner = target?.closest("[data-scrolls]");
    const scrolls = inner !== null && inner !== undefined && inner.scrollHeight > inner.clientHeight;
    if (!scrolls && event.cancelable) event.preventDefault();
  };
  const listening = { passive: false };
  element.addEventListener("wheel", refuse, listening);
  element.addEventListener("touchmove", refuse, listening);
  return () => {
    element.removeEventListener("wheel", refuse);
    element.removeEventListener("touchmove", refuse);
  };
}
