// A QR code that the server drew, drawn again from nothing but its shapes.

import { useMemo } from "react";

type Drawn = { box: string; paths: string[] };

/** Only numbers and the letters of paths pass: whatever else an image could carry stays behind. */
const PATH = /^[\dMmLlHhVvZz.,\s-]+$/;
const LENGTH = /^\d+(\.\d+)?(px)?$/;

function shapes(svg: string): Drawn | undefined {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  if (root.nodeName !== "svg") return undefined;
  const [width, height] = [root.getAttribute("width") ?? "", root.getAttribute("height") ?? ""];
  if (!LENGTH.test(width) || !LENGTH.test(height)) return undefined;
  const box = root.getAttribute("viewBox") ?? `0 0 ${Number.parseInt(width, 10)} ${Number.parseInt(height, 10)}`;
  const paths = Array.from(root.querySelectorAll("path"), (path) => path.getAttribute("d") ?? "");
  const plain = paths.filter((path) => PATH.test(path));
  return plain.length === 0 || plain.length !== paths.length ? undefined : { box, paths: plain };
}

/** Nothing where the drawing cannot be read; the secret can be typed in as well. */
export function Qr({ svg, label }: { svg: string; label: string }) {
  const drawn = useMemo(() => shapes(svg), [svg]);
  if (drawn === undefined) return null;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={drawn.box}
      shapeRendering="crispEdges"
      className="size-48 rounded-md bg-white p-1"
    >
      {drawn.paths.map((path) => (
        <path key={path} d={path} fill="#000" />
      ))}
    </svg>
  );
}
