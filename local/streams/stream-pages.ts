import type { StreamRecord } from './stream-record.ts';

/** Records of a shard, and the iterator behind them; without one the shard has ended. */
export interface ShardPage {
  readonly records: readonly StreamRecord[];
  readonly next: string | undefined;
}

/** What the sources of a stream have read lately. */
export interface StreamPages {
  /** The page behind a place in a shard: one that somebody read there lately or reads just now, else what `load` reads. */
  read(place: string, load: () => Promise<ShardPage>): Promise<ShardPage>;
}

/** A source that lags further behind reads for itself. */
const rememberedPages = 8;

/**
 * Lets the sources of a stream share what they read: what stands behind a place stays the same, though more may come.
 * A place behind which nothing stands yet is asked for again.
 */
export function createStreamPages(): StreamPages {
  const pages = new Map<string, Promise<ShardPage>>();
  const forget = (place: string): void => void pages.delete(place);
  return {
    read(place, load) {
      const known = pages.get(place);
      if (known !== undefined) return known;
      const page = load();
      pages.set(place, page);
      const [oldest] = pages.keys();
      if (pages.size > rememberedPages && oldest !== undefined) forget(oldest);
      page.then(
        ({ records }) => records.length === 0 && forget(place),
        () => forget(place),
      );
      return page;
    },
  };
}
