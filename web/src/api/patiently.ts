// Fetches a file of the app; what did not come because nobody was there comes when somebody is.

import { untilConnected } from "./connection";

export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      // The server is there and the file is not: it is of a version that is no more.
      if (await untilConnected()) throw error;
    }
  }
}
