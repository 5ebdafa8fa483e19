/** Longest wait for a picture: what is minimised has none. */
const MAX_WAIT_MS = 200;

/** Waits until what was put into the document can be seen. */
export const painted = (): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, MAX_WAIT_MS);
    requestAnimationFrame(() => setTimeout(done));
  });
