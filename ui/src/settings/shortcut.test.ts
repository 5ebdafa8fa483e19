import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { BackendError } from "../backend/backend";
import { TAKEN_KEYS } from "../backend/mock";
import { show } from "../testing/show";
import { keyNames, shortcutOf } from "./shortcutKeys";

afterEach(async () => {
  cleanup();
  await new Promise((done) => setTimeout(done, 0));
});

const pressed = (code: string, held: KeyboardEventInit = {}) => shortcutOf(new KeyboardEvent("keydown", { code, ...held }));

test("a shortcut is named by the places of its keys", () => {
  expect(pressed("KeyR", { ctrlKey: true, shiftKey: true }), "also where that key writes another letter").toBe("Ctrl+Shift+KeyR");
  expect(pressed("F9"), "without others").toBe("F9");
  expect(pressed("ControlLeft", { ctrlKey: true }), "a modifier alone is not yet one").toBeNull();
  expect(pressed("CapsLock", { ctrlKey: true }), "nor is a lock").toBeNull();
  expect(keyNames(["Ctrl", "Super", "Digit1"]), "as they are written on the keys").toEqual(["Ctrl", "Win", "1"]);
  expect(keyNames(["Alt", "ArrowUp"])).toEqual(["Alt", "↑"]);
});

const BARE = "Choose keys together with Ctrl, Alt or the system key, or one of the keys F1 to F24.";

async function field() {
  await fireEvent.click(await screen.findByRole("button", { name: "Settings" }));
  return within(await screen.findByRole("dialog", { name: "Settings" }));
}

test("the shortcut is chosen by pressing it, and taken away", async () => {
  const backend = show();
  const save = vi.spyOn(backend, "saveSettings");
  const dialog = await field();
  const button = () => dialog.getByRole("button", { name: /^Shortcut for recording/ });
  await fireEvent.click(button());
  expect(dialog.getByText("Press the keys…"), "it says what to do").toBeTruthy();
  await fireEvent.keyDown(button(), { code: "ControlLeft", key: "Control", ctrlKey: true });
  expect(dialog.getByText("Ctrl"), "what is held is shown").toBeTruthy();
  await fireEvent.keyDown(button(), { code: "KeyR", key: "ㄱ", ctrlKey: true, altKey: true });
  await waitFor(() => expect(save.mock.lastCall?.[0].record_shortcut).toBe("Ctrl+Alt+KeyR"));
  await fireEvent.click(button());
  await fireEvent.keyDown(button(), { code: "Escape", key: "Escape" });
  expect(dialog.getByText("R"), "Escape leaves it, and the dialog open").toBeTruthy();
  await fireEvent.click(dialog.getByRole("button", { name: "Remove the shortcut" }));
  await waitFor(() => expect(save.mock.lastCall?.[0].record_shortcut).toBeNull());
});

test("while another one is chosen, the one in force rests, and it is taken again in every case", async () => {
  const told: string[] = [];
  show({}, ({ saveSettings }) => ({
    restShortcut: async () => void told.push("rest"),
    shortcutTrouble: async () => (told.push("take"), null),
    saveSettings: async (settings) => (told.push("save"), saveSettings(settings)),
  }));
  const dialog = await field();
  const button = dialog.getByRole("button", { name: /^Shortcut for recording/ });
  await waitFor(() => expect(told, "it is looked at once").toEqual(["take"]));
  await fireEvent.click(button);
  await waitFor(() => expect(told).toEqual(["take", "rest"]));
  await fireEvent.keyDown(button, { code: "Escape", key: "Escape" });
  await waitFor(() => expect(told, "although nothing was chosen").toEqual(["take", "rest", "take"]));
  await fireEvent.click(button);
  await fireEvent.keyDown(button, { code: "F9", key: "F9" });
  await waitFor(() => expect(told, "after the new one is kept").toEqual(["take", "rest", "take", "rest", "save", "take"]));
});

test("what the system refuses is said where it was chosen, and the one before stays", async () => {
  show();
  const dialog = await field();
  const button = dialog.getByRole("button", { name: /^Shortcut for recording/ });
  expect(TAKEN_KEYS).toBe("Ctrl+Alt+Delete");
  await fireEvent.click(button);
  await fireEvent.keyDown(button, { code: "Delete", key: "Delete", ctrlKey: true, altKey: true });
  expect(await dialog.findByText(/Another program uses this shortcut/), "it is said").toBeTruthy();
  expect(dialog.getByText("None"), "there is none as before").toBeTruthy();
});

test("why the keys just pressed were refused stays, also where those before do not work", async () => {
  let taken = 0;
  show({}, () => ({
    shortcutTrouble: async () => (taken++, { code: "invalid_input", message: "Another program uses this shortcut. Choose other keys." }),
    saveSettings: async () => {
      throw new BackendError({ code: "invalid_input", message: BARE });
    },
  }));
  const dialog = await field();
  const button = dialog.getByRole("button", { name: /^Shortcut for recording/ });
  expect(await dialog.findByText(/Another program uses this shortcut/), "of those before").toBeTruthy();
  await fireEvent.click(button);
  await fireEvent.keyDown(button, { code: "KeyA", key: "A", shiftKey: true });
  await waitFor(() => expect(taken, "those before are taken again").toBe(2));
  await new Promise((done) => setTimeout(done, 0));
  expect(dialog.getByText(BARE)).toBeTruthy();
  await fireEvent.click(button);
  expect(dialog.queryByText(BARE), "it is gone when other keys are chosen").toBeNull();
  await fireEvent.keyDown(button, { code: "Escape", key: "Escape" });
  expect(await dialog.findByText(/Another program uses this shortcut/), "and those before are back").toBeTruthy();
});

test("a shortcut that does not work any more says so", async () => {
  show({ language: "ko" }, () => ({
    shortcutTrouble: async () => ({
      code: "invalid_input",
      message: "Under Wayland a program cannot take a shortcut that works everywhere. Use the tray icon instead.",
    }),
  }));
  await fireEvent.click(await screen.findByRole("button", { name: "설정" }));
  expect(await screen.findByText(/트레이 아이콘을 쓰세요/), "in the language of the window").toBeTruthy();
});
