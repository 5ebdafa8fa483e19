// Models of the mock: two installed, some to download at a believable speed.
import { BackendError, type CatalogueModel, type DownloadOutcome, type InstalledModel, type ModelProgress, type Models } from "../backend";

const entry = (
  id: string,
  name: string,
  bytes: number,
  memory_bytes: number,
  en: string,
  ko: string,
  more: Partial<CatalogueModel> = {},
): CatalogueModel => ({
  id, name, bytes, memory_bytes, kind: "speech", languages: ["*"], licence: "MIT", note: { en, ko },
  installed: false, advised: false, fits: true, partial_bytes: 0, ...more,
});

const CATALOGUE: CatalogueModel[] = [
  entry("whisper-tiny", "Whisper tiny", 77_691_713, 280_000_000, "The fastest and least exact; for trying things out.", "가장 빠르고 정확도는 가장 낮습니다. 시험용으로 알맞습니다."),
  entry("whisper-base", "Whisper base", 147_951_465, 440_000_000, "Quick on any computer; good English, fair Korean.", "어떤 컴퓨터에서도 빠릅니다. 영어는 좋고 한국어는 무난합니다."),
  entry("whisper-base-q5_1", "Whisper base q5_1", 59_707_625, 350_000_000, "Quick on any computer; a third of the size, little loss.", "어떤 컴퓨터에서도 빠릅니다. 크기가 3분의 1이고 품질 손실이 적습니다."),
  entry("whisper-small-q5_1", "Whisper small q5_1", 190_085_487, 620_000_000, "Good Korean and English on an ordinary laptop.", "보통 노트북에서 한국어와 영어를 잘 알아듣습니다.", { advised: true }),
  entry("whisper-medium-q5_0", "Whisper medium q5_0", 539_212_467, 1_400_000_000, "Very good, and slow without a graphics card.", "아주 좋지만 그래픽 카드가 없으면 느립니다."),
  entry("whisper-large-v3-turbo-q5_0", "Whisper large v3 turbo q5_0", 574_041_195, 1_500_000_000, "The best Korean; wants eight cores or a graphics card.", "한국어를 가장 잘 알아듣습니다. 코어 8개나 그래픽 카드가 있으면 좋습니다."),
  entry("whisper-large-v3", "Whisper large v3", 3_095_033_483, 4_700_000_000, "The largest, for machines with much memory.", "가장 큰 모델입니다. 메모리가 넉넉해야 합니다.", { fits: false }),
  entry("qwen3-0.6b", "Qwen3 0.6B", 396_705_472, 1_500_000_000, "Small and quick; short minutes and answers, also in Korean.", "작고 빠릅니다. 한국어 회의록과 답변을 짧게 씁니다.", { kind: "language", licence: "Apache-2.0" }),
  entry("qwen3-1.7b", "Qwen3 1.7B", 1_107_409_472, 2_400_000_000, "A good balance for minutes in Korean and English on a laptop.", "노트북에서 한국어와 영어 회의록에 알맞은 균형입니다.", { kind: "language", licence: "Apache-2.0", advised: true }),
  entry("qwen3-4b", "Qwen3 4B", 2_497_280_256, 4_300_000_000, "The best minutes and answers here; wants 8 GB of memory.", "가장 좋은 회의록과 답변을 씁니다. 메모리 8 GB가 필요합니다.", { kind: "language", licence: "Apache-2.0" }),
  entry("multilingual-e5-small", "Multilingual E5 small", 488_000_000, 900_000_000, "Search by meaning in Korean, English and many more; quick.", "한국어와 영어 등 여러 언어를 의미로 검색합니다. 빠릅니다.", { kind: "embedding", advised: true }),
  entry("bge-m3", "BGE M3", 2_290_000_000, 3_200_000_000, "The most exact search by meaning, also over long passages; large.", "긴 문단까지 가장 정확하게 의미로 검색합니다. 큽니다.", { kind: "embedding" }),
];

const installedOf = (model: CatalogueModel): InstalledModel => ({
  id: model.id, kind: model.kind, name: model.name, bytes: model.bytes, memory_bytes: model.memory_bytes,
  description: model.kind === "language"
    ? model.name
    : model.kind === "embedding" ? "xlm-roberta embeddings, 384 dimensions"
    : `${model.name.toLowerCase().replace(/ q\d.*/, "")}, multilingual, ${/q\d_\d/.exec(model.id)?.[0] ?? "f16"}`,
  languages: model.languages, multilingual: true, known: true, problem: null,
});

export class MockModels {
  readonly #installed = new Map<string, InstalledModel>();
  readonly #partial = new Map<string, number>();
  readonly #cancelled = new Set<string>();

  constructor(
    installed: string[],
    private readonly quick: boolean,
    private readonly failing: boolean,
  ) {
    for (const model of CATALOGUE) if (installed.includes(model.id)) this.#installed.set(model.id, installedOf(model));
    if (failing) {
      const broken = CATALOGUE[0];
      if (broken) this.#installed.set(broken.id, { ...installedOf(broken), description: "damaged", problem: "it is cut short" });
    }
  }

  list(): Models {
    return {
      installed: [...this.#installed.values()],
      catalogue: CATALOGUE.map((model) => ({
        ...model,
        installed: this.#installed.has(model.id),
        partial_bytes: this.#partial.get(model.id) ?? 0,
      })),
      advised: "whisper-small-q5_1",
    };
  }

  async download(id: string, tell: (progress: ModelProgress) => void): Promise<DownloadOutcome> {
    const model = CATALOGUE.find((one) => one.id === id);
    if (!model) throw new BackendError({ code: "not_found", message: `There is no model ${id}.` });
    this.#cancelled.delete(id);
    const step = this.quick ? model.bytes : 2_300_000;
    let done = this.#partial.get(id) ?? 0;
    while (done < model.bytes) {
      await pause(this.quick ? 1 : 200);
      if (this.#cancelled.has(id)) return "cancelled";
      if (this.failing && done > model.bytes / 3)
        throw new BackendError({ code: "other", message: "The connection to huggingface.co broke off. What arrived is kept; try again to go on from there." });
      done = Math.min(model.bytes, done + step);
      this.#partial.set(id, done);
      const bytes_per_second = 11_400_000;
      tell({
        id, work: "download", fraction: done / model.bytes, done_bytes: done, total_bytes: model.bytes,
        bytes_per_second, eta_ms: ((model.bytes - done) / bytes_per_second) * 1000, source: "huggingface.co",
      });
    }
    this.#partial.delete(id);
    this.#installed.set(id, installedOf(model));
    return "installed";
  }

  /** Reads or copies for a moment; false where it was cancelled. */
  async work(id: string, work: "import" | "verify", tell: (progress: ModelProgress) => void): Promise<boolean> {
    this.#cancelled.delete(id);
    for (let step = 1; step <= 10; step += 1) {
      await pause(this.quick ? 1 : 150);
      if (this.#cancelled.has(id)) return false;
      tell({ id, work, fraction: step / 10, done_bytes: null, total_bytes: null, bytes_per_second: null, eta_ms: null, source: null });
    }
    return true;
  }

  put(model: InstalledModel): void {
    this.#installed.set(model.id, model);
  }

  cancel(id: string): void {
    this.#cancelled.add(id);
  }

  remove(id: string): void {
    this.#installed.delete(id);
    this.#partial.delete(id);
  }
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
