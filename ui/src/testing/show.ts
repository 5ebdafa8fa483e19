import { render } from "@testing-library/svelte";

import App from "../App.svelte";
import { mockBackend, type MockBackend } from "../backend/mock";
import type { Scenario } from "../backend/mock/scenario";

/** Noon of a Wednesday, so that days have names and nothing happens at midnight. */
export const NOW = new Date("2026-11-25T12:00:00");

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
