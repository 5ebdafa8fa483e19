/** An answer that comes when the test lets it. */
export function held<T>(): { promise: Promise<T>; give: (value: T) => void; refuse: (error: unknown) => void } {
  let give: (value: T) => void = () => {};
  let refuse: (error: unknown) => void = () => {};
  const promise = new Promise<T>((resolve, reject) => ([give, refuse] = [resolve, reject]));
  return { promise, give, refuse };
}
