// A page that is fetched when somebody goes there, with its words; and whether one is on its way.

import { type ComponentType, createElement, use } from "react";
import { patiently } from "@/api/patiently";
import { loadWords, type Namespace } from "@/i18n";

type PageModule = { default: ComponentType };
/** `preload` fetches it before anybody has come to it. */
export type LazyPage = ComponentType & { preload: () => Promise<void> };

let loading = 0;
const listeners = new Set<() => void>();

function count(by: number): void {
  loading += by;
  for (const listener of listeners) listener();
}

export const isLoading = (): boolean => loading > 0;

export function onLoading(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** For a route's `lazy`: the page and the words of its slices come at the same time. */
export function page(load: () => Promise<PageModule>, ...words: Namespace[]): LazyPage {
  let there: ComponentType | undefined;
  let begun: Promise<ComponentType> | undefined;
  const fetched = async () => {
    count(1);
    try {
      const [module] = await Promise.all([patiently(load), loadWords(...words)]);
      there = module.default;
      return there;
    } catch (error) {
      // Whoever comes again tries again.
      begun = undefined;
      throw error;
    } finally {
      count(-1);
    }
  };
  const begin = () => (begun ??= fetched());
  /** What is there is shown at once, and nothing else flashes by before it. */
  function Fetched() {
    return createElement(there ?? use(begin()));
  }
  return Object.assign(Fetched, { preload: () => begin().then(nothing, nothing) });
}

const nothing = () => {};
