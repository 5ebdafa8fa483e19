import type X from "@lucide/svelte/icons/x";

/** One of lucide's icons. */
export type Icon = typeof X;
