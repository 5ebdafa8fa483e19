// Recordings for the tests, made of the short fixture: as long as wanted, with pauses, no two the same.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../../src-tauri/scripts/setup/project.mjs";

const HEADER_BYTES = 44;

/** Writes a WAV in which the fixture is said `times` times. */
export function writeTalk(path, times, gapMs = 700) {
  const fixture = readFileSync(join(root, "tests/fixtures/short-en.wav"));
  const at = fixture.indexOf("fmt ");
  const rate = fixture.readUInt32LE(at + 12);
  const bytesASample = fixture.readUInt16LE(at + 20);
  const data = fixture.indexOf("data");
  const sound = fixture.subarray(data + 8, data + 8 + fixture.readUInt32LE(data + 4));
  const gap = Buffer.alloc(Math.round((rate * gapMs) / 1000) * bytesASample);
  const body = Buffer.concat(Array.from({ length: times }, () => [sound, gap]).flat());
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("RIFF");
  header.writeUInt32LE(HEADER_BYTES - 8 + body.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  fixture.copy(header, 20, at + 8, at + 24);
  header.write("data", 36);
  header.writeUInt32LE(body.length, 40);
  writeFileSync(path, Buffer.concat([header, body]));
  return path;
}
