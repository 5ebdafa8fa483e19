// Sound and its picture for recordings that never were recorded: a soft hum that follows the words.
import type { Segment } from "../backend";

const SAMPLE_RATE_HZ = 8_000;

/** Numbers that look like chance and are the same every time. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Loudness over time: high where somebody speaks, low between. */
export function peaksOf(segments: readonly Segment[], durationMs: number, n = 600): number[] {
  const random = chance(Math.round(durationMs));
  const peaks = Array.from({ length: n }, () => Math.round(6 + random() * 10));
  for (const segment of segments) {
    const from = Math.floor((segment.start_ms / durationMs) * n);
    const to = Math.min(n - 1, Math.floor((segment.end_ms / durationMs) * n));
    const loudness = 120 + random() * 90;
    for (let idx = from; idx <= to; idx += 1) peaks[idx] = Math.round(Math.min(255, loudness * (0.35 + random() * 0.75)));
  }
  return peaks;
}

/** A WAV file of 8-bit mono. */
export function wavOf(segments: readonly Segment[], durationMs: number): Blob {
  const nSamples = Math.ceil((durationMs / 1000) * SAMPLE_RATE_HZ);
  const bytes = new Uint8Array(44 + nSamples).fill(128);
  const view = new DataView(bytes.buffer);
  const text = (at: number, letters: string) => {
    for (let idx = 0; idx < letters.length; idx += 1) view.setUint8(at + idx, letters.charCodeAt(idx));
  };
  text(0, "RIFF");
  view.setUint32(4, 36 + nSamples, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE_HZ, true);
  view.setUint32(28, SAMPLE_RATE_HZ, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(36, "data");
  view.setUint32(40, nSamples, true);
  segments.forEach((segment, idx) => {
    const from = Math.floor((segment.start_ms / 1000) * SAMPLE_RATE_HZ);
    const to = Math.min(nSamples, Math.floor((segment.end_ms / 1000) * SAMPLE_RATE_HZ));
    const pitch = (2 * Math.PI * (130 + (idx % 5) * 20)) / SAMPLE_RATE_HZ;
    for (let at = from; at < to; at += 1) bytes[44 + at] = 128 + Math.round(14 * Math.sin(at * pitch) * Math.sin(at / 900));
  });
  return new Blob([bytes], { type: "audio/wav" });
}
