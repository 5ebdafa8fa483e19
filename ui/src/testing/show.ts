import { render } from "@testing-library/svelte";

import App from "../App.svelte";
import { mockBackend, type MockBackend } from "../backend/mock";
import type { Scenario } from "../backend/mock/scenario";
import { NOW } from "./now";

export const scenario = (part: Partial<Scenario> = {}): Scenario => ({
  state: "normal", language: "en", theme: "light", quick: true, ...part,
});

/** The whole page over the mock; `change` replaces some of what the core does. */
export function show(part: Partial<Scenario> = {}, change: (backend: MockBackend) => Partial<MockBackend> = () => ({})): MockBackend {
  const backend = mockBackend(scenario(part), NOW);
  // The test moves the jobs itself.
  backend.jobsMove.stop();
  Object.assign(backend, change(backend));
  render(App, { props: { backend } });
  return backend;
}
