// What a mail's link carries behind `#`: taken once, and gone from the address bar and the history.

import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

export function useLinkInHash(): string | undefined {
  const { hash, pathname, search, state } = useLocation();
  const navigate = useNavigate();
  const [link, setLink] = useState<string>();
  const here = hash.length > 1 ? hash.slice(1) : undefined;
  // Also when it is opened in the tab in which the page stands already.
  if (here !== undefined && here !== link) setLink(here);
  useEffect(() => {
    if (here !== undefined) void navigate(pathname + search, { replace: true, state });
  }, [here, pathname, search, state, navigate]);
  return here ?? link;
}
