// TanStack's virtualizer for Svelte: only the rows in sight are in the document.
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
  type VirtualizerOptions,
} from "@tanstack/virtual-core";

export interface RowsOptions {
  estimate: (idx: number) => number;
  /** Room for what stands above the rows and scrolls with them. */
  paddingStart?: () => number;
  paddingEnd?: number;
  overscan?: number;
}

const byIndex = (idx: number) => idx;

export class VirtualRows {
  items: VirtualItem[] = $state.raw([]);
  total = $state(0);

  readonly #options: RowsOptions;
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #element: HTMLElement | null = null;
  #keyOf: (idx: number) => number | string = byIndex;

  constructor(options: RowsOptions) {
    this.#options = options;
    this.#virtualizer = new Virtualizer(this.#full(0));
  }

  /** Binds the element that scrolls; used as an attachment. */
  attach = (element: HTMLElement): (() => void) => {
    this.#element = element;
    const unmount = this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    this.#read();
    return () => {
      unmount();
      this.#element = null;
    };
  };

  /** Measures a row as it is drawn; it carries its index in `data-index`. */
  measure = (element: HTMLElement): void => {
    this.#virtualizer.measureElement(element);
  };

  /** Call when the number of rows or what is in them changes. Where rows can move, each has a key. */
  update(count: number, keys: readonly (number | string)[] | null = null): void {
    // The keys of this very moment: asked for later, they would belong to other rows already.
    this.#keyOf = keys ? (idx) => keys[idx] ?? `row ${idx}` : byIndex;
    this.#virtualizer.setOptions(this.#full(count));
    this.#virtualizer._willUpdate();
    this.#read();
  }

  scrollTo(idx: number, align: "start" | "center" | "auto" = "center", smooth = false): void {
    this.#virtualizer.scrollToIndex(idx, { align, behavior: smooth ? "smooth" : "auto" });
  }

  toStart(): void {
    this.#virtualizer.scrollToOffset(0);
  }

  get range(): { startIndex: number; endIndex: number } | null {
    return this.#virtualizer.range;
  }

  #read(): void {
    this.items = this.#virtualizer.getVirtualItems();
    this.total = this.#virtualizer.getTotalSize();
  }

  #full(count: number): VirtualizerOptions<HTMLElement, HTMLElement> {
    const { estimate, paddingStart, paddingEnd, overscan } = this.#options;
    return {
      count,
      getScrollElement: () => this.#element,
      estimateSize: estimate,
      getItemKey: this.#keyOf,
      paddingStart: paddingStart?.() ?? 0,
      paddingEnd: paddingEnd ?? 0,
      overscan: overscan ?? 6,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => this.#read(),
    };
  }
}
