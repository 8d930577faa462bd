import type { QueryKey } from "@tanstack/react-query";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

/** A list that the API gives a page at a time, newest first. */
interface PageSource<Row> {
  readonly queryKey: QueryKey;
  readonly page: (before: string | undefined, signal: AbortSignal) => Promise<RowPage<Row>>;
  /** ms between two looks while the page is open; absent: only when it is told to. */
  readonly renewEvery?: number;
  readonly enabled?: boolean;
}

interface RowPage<Row> {
  readonly rows: readonly Row[];
  /** `before` of the next page; null: this is the last one. */
  readonly next: string | null;
}

/** The rows as far as they were fetched, and `more`, which fetches the next page if there is one. */
export function usePageList<Row>({ queryKey, page, renewEvery, enabled = true }: PageSource<Row>) {
  const query = useInfiniteQuery({
    queryKey,
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => page(pageParam, signal),
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: renewEvery ?? false,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage, data } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const rows = useMemo(() => data?.pages.flatMap((one) => one.rows), [data]);
  return { rows, more, hasMore: hasNextPage, error: query.error, retry: () => void query.refetch() };
}
