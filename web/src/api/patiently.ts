// Fetches a file of the app; what did not come because nobody was there comes when somebody is.

import { untilConnected } from "./connection";

export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  let missed = 0;
  for (;;) {
    try {
      return await load();
    } catch (error) {
      // The connection may have come back between the two questions, so it is tried once more.
      missed = (await untilConnected()) ? missed + 1 : 0;
      // The server is there and the file is not: it is of a version that is no more.
      if (missed === 2) throw error;
    }
  }
}
