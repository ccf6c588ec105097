// A page that is fetched when somebody goes there, with its words.

import type { ComponentType } from "react";
import { loadWords, type Namespace } from "@/i18n";

type PageModule = { default: ComponentType };

/** For a route's `lazy`: the page and the words of its slices come at the same time. */
export function page(load: () => Promise<PageModule>, ...words: Namespace[]) {
  return async () => {
    const [module] = await Promise.all([load(), loadWords(...words)]);
    return { Component: module.default };
  };
}
