import type { AppEvent } from "../backend";

/** Files dropped on a browser's window, told as the desktop window tells them. */
export function listenForDrops(target: Window, emit: (event: AppEvent) => void): void {
  let depth = 0;
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
  target.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    emit({ kind: "drag_over", n_paths: event.dataTransfer?.items.length ?? 1 });
  });
  target.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) emit({ kind: "drag_left" });
  });
  target.addEventListener("dragover", (event) => event.preventDefault());
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    const paths = [...(event.dataTransfer?.files ?? [])].map((file) => file.name);
    emit({ kind: "files_dropped", paths });
  });
}
