import { on } from "svelte/events";

/** Calls `leave` when the focus goes out of a group of fields. Where a pointer takes it away, that waits until
 * the click is over: what is below would move from under it. */
export const leaving = (leave: () => void) => (element: HTMLElement) => {
  let [isDown, hasLeft] = [false, false];
  const release = () => {
    isDown = false;
    if (hasLeft) setTimeout(leave);
    hasLeft = false;
  };
  const stops = [
    on(window, "pointerdown", () => (isDown = true), { capture: true }),
    on(window, "pointerup", release, { capture: true }),
    on(window, "pointercancel", release, { capture: true }),
    on(element, "focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && element.contains(relatedTarget)) return;
      if (isDown) hasLeft = true;
      else leave();
    }),
  ];
  return () => stops.forEach((stop) => stop());
};
