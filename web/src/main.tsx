// Where the app begins.

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { makeQueries } from "@/api/queries";
import { startTexts } from "@/i18n";
import { Pages, preloadHere } from "./routes";
import "./styles/base.css";

const place = document.getElementById("root");
if (place === null) throw new Error("the page has no place for the app");

/** Whoever waits for longer sees the outline of a page meanwhile. */
const PATIENCE_MS = 500;
const patience = new Promise((done) => setTimeout(done, PATIENCE_MS));
const queries = makeQueries();
await Promise.all([startTexts(), Promise.race([preloadHere(queries), patience])]);

// In small steps, so that whoever scrolls or types meanwhile is heard.
startTransition(() =>
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <Pages />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  ),
);
