// Where the app begins.

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { makeQueries } from "@/api/queries";
import { startTexts } from "@/i18n";
import { makeRouter } from "./routes";
import "./styles/base.css";

const place = document.getElementById("root");
if (place === null) throw new Error("the page has no place for the app");

// Words and pages are fetched at the same time.
const words = startTexts();
const router = makeRouter();
await words;

createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={makeQueries()}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
