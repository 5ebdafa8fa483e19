/** A field that is as high as its text. */
export function grow(element: HTMLTextAreaElement): () => void {
  const fit = () => {
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  };
  fit();
  element.addEventListener("input", fit);
  return () => element.removeEventListener("input", fit);
}
