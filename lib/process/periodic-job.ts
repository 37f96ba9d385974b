export interface PeriodicJobOptions {
  /** Does what is due. It asks between its steps whether to stop. */
  work: (isStopping: () => boolean) => Promise<void>;
  intervalMs: number;
  /** Told when the work failed: the next time comes all the same. */
  onError: (error: unknown) => void;
}

/** Work that comes again and again, one time after the other and never two at once. */
export class PeriodicJob {
  readonly #options: PeriodicJobOptions;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: PeriodicJobOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.run(), options.intervalMs).unref();
  }

  /** Does it once more, after what is being done. Never rejects. */
  run(): Promise<void> {
    const { work, onError } = this.#options;
    this.#running = this.#running.then(() => work(() => this.#stopping)).catch(onError);
    return this.#running;
  }

  /** Waits for the step that is being done; what is left isn't done. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#running;
  }
}
