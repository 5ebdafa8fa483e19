import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "./serve.mjs";

const read = (language) => JSON.parse(readFileSync(join(root, `ui/messages/${language}.json`), "utf8"));

/** Every text of the page by language; where it has forms for numbers, it is a list. */
export const messages = { en: read("en"), ko: read("ko") };
