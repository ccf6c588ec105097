// Signs somebody in at a browser that somebody else steers, on a page of ours as the app does it: a
// session belongs to the browser that it was begun with.

import { chromium } from "../node_modules/playwright-core/index.mjs";

/** Who has this address and this password is signed in at the browser that listens at this port. */
export async function arrives(port, { url, email, password }) {
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  const page = await browser.contexts()[0].newPage();
  await page.goto(`${url}/there/is/nothing`);
  const refusal = await page.evaluate(async (credentials) => {
    const answer = await fetch("/v1/web/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(credentials),
    });
    return answer.ok ? undefined : await answer.text();
  }, { email, password, remember: true });
  if (refusal !== undefined) throw new Error(`nobody can sign in: ${refusal}`);
  await page.close();
  await browser.close();
}
