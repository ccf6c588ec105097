// What a mail's link carries behind `#`: taken once, and gone from the address bar and the history.

import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

export function useLinkInHash(): string | undefined {
  const { hash, pathname, search, state } = useLocation();
  const navigate = useNavigate();
  const [link] = useState(() => (hash.length > 1 ? hash.slice(1) : undefined));
  useEffect(() => {
    if (hash.length > 1) void navigate(pathname + search, { replace: true, state });
  }, [hash, pathname, search, state, navigate]);
  return link;
}
