// Which browser on which system, from what it says of itself.

const PROGRAMS: [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bYaBrowser\//, "Yandex Browser"],
  [/\bOPR\//, "Opera"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Chrome|Chromium|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bVersion\/[\d.]+ .*Safari\//, "Safari"],
];

const SYSTEMS: [RegExp, string][] = [
  [/\b(?:iPhone|iPad|iPod)\b/, "iOS"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

export type Program = { name: string; system: string | undefined };

/** A program that is no browser is called what it calls itself, up to its version. */
export function program(said: string): Program {
  const find = (known: [RegExp, string][]) => known.find(([pattern]) => pattern.test(said))?.[1];
  const name = find(PROGRAMS) ?? said.split(/[/\s(]/)[0] ?? "";
  return { name, system: find(SYSTEMS) };
}
