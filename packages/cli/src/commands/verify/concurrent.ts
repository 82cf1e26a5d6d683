// SPDX-License-Identifier: Apache-2.0
// Many tasks at a time, their results in the order of what they were made of, in bounded memory.

/**
 * Calls `work` for every item, at most `limit` at a time, and gives the results in the items' order. No
 * item is taken before there is room for it.
 * @throws whatever `items` or `work` throws; tasks that have begun are waited for.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const task = work(item);
      // It is told when its turn comes; until then nobody waits for it.
      task.catch(() => undefined);
      begun.push(task);
      if (begun.length >= limit) yield await begun.shift()!;
    }
    while (begun.length > 0) yield await begun.shift()!;
  } finally {
    await Promise.allSettled(begun);
  }
}
