// Whom to sign in once their address is confirmed; in memory alone, and gone when it was taken.

type Pending = { email: string; password: string };

let pending: Pending | undefined;

export function keepPending(credentials: Pending): void {
  pending = credentials;
}

export function takePending(email: string): Pending | undefined {
  const kept = pending?.email === email ? pending : undefined;
  pending = undefined;
  return kept;
}
