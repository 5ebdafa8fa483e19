// Every text that the page shows: `m.key()`.
import "./locale.svelte";

export { m } from "../gen/paraglide/messages.js";
export { locale, systemLocale, type Locale } from "./locale.svelte";
