// The lines of business that the app has pages for. A new one adds itself here.

import type { Line } from "@/shell/nav";
import { jobs } from "./jobs";
import { models } from "./models";
import { payments } from "./payments";
import { servers } from "./servers";
import { train } from "./train";
import { users } from "./users";

/** In the order of the navigation; the first four stand at the bottom of a telephone. */
export const lines: Line[] = [train, jobs, models, payments, servers, users];

export const navigation = lines.flatMap((line) => line.nav ?? []);
