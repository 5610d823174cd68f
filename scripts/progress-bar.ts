const width = 24;
/** Where nobody watches, a line now and then shows that it goes on. */
const lineEveryMs = 20_000;

/** Shows on a terminal how far something has come, and elsewhere says so from time to time. On stderr. */
export class ProgressBar {
  private readonly stream = process.stderr;
  private readonly startedAt = performance.now();
  private saidAt = performance.now();

  get secondsSpent(): number {
    return (performance.now() - this.startedAt) / 1000;
  }

  /** `done` of `wanted`, and whatever else is to be seen beside. */
  show(done: number, wanted: number, words: string): void {
    const { stream, secondsSpent } = this;
    const filled = Math.round((width * Math.min(done, wanted)) / Math.max(1, wanted));
    const left = done === 0 ? '' : `, about ${Math.ceil((secondsSpent / done) * (wanted - done))} s left`;
    const line = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done} of ${wanted} ${words}${left}`;
    if (stream.isTTY) stream.write(`\r\u001b[2K${line}`);
    else if (performance.now() - this.saidAt > lineEveryMs) {
      this.saidAt = performance.now();
      stream.write(`${line}\n`);
    }
  }

  /** Makes room for what is printed next. */
  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001b[2K');
  }
}
