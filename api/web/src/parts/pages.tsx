/** Lists that come a page at a time. */
import { useRef, useState } from "preact/hooks";
import { address, get, type Query } from "../api";
import { t, type Text } from "../i18n";
import { WORDS } from "../words/common";
import { useAsked, type Asked } from "./ui";

export interface Page<Row> {
  readonly results: readonly Row[];
  readonly next: string | null;
}

export interface Pages<Row, Of extends Page<Row>> extends Asked<readonly Of[]> {
  /** Whether the list that is asked for now has come; before, `rows` are none. */
  readonly came: boolean;
  readonly rows: readonly Row[];
  /** The first page, with what it says beside its rows. */
  readonly first: Of | null;
  /** The place of the page after those that came; null: there is none. */
  readonly next: string | null;
  readonly more: () => void;
}

interface Kept<Of> {
  readonly of: string;
  readonly turn: number;
  readonly pages: readonly Of[];
}

/** The most rows that lists give at once. */
const MOST = 1000;

/** Ask for a list, whose pages say in `next` where the next one begins: what is sent back as `place`.
 * What came stays on the page while more comes, and while the same is asked anew (`turn`), as far as
 * it had come; another list begins at its beginning. */
export function usePages<Row, Of extends Page<Row> = Page<Row>>(path: string, query: Query & { readonly limit: number }, turn = 0, place = "after"): Pages<Row, Of> {
  const of = address(path, query);
  const { limit } = query;
  const [wanted, want] = useState({ of, rows: limit });
  const many = wanted.of === of ? wanted.rows : limit;
  const kept = useRef<Kept<Of>>({ of: "", turn, pages: [] });
  const asked = useAsked(`${of}|${turn}|${many}`, async (stop) => {
    const before = kept.current;
    const pages = before.of === of && before.turn === turn ? [...before.pages] : [];
    for (let left = many - rowsOf(pages).length; left > 0 && pages.at(-1)?.next !== null; left = many - rowsOf(pages).length) {
      pages.push(await get<Of>(path, { ...query, limit: Math.min(MOST, left), [place]: pages.at(-1)?.next }, stop));
    }
    kept.current = { of, turn, pages };
    return pages;
  });
  const came = kept.current.of === of;
  const pages = came ? kept.current.pages : [];
  const rows = rowsOf<Row>(pages);
  return {
    ...asked,
    came,
    rows,
    first: pages[0] ?? null,
    next: pages.at(-1)?.next ?? null,
    more: () => want({ of, rows: rows.length + limit }),
  };
}

function rowsOf<Row>(pages: readonly Page<Row>[]): Row[] {
  return pages.flatMap((each) => each.results);
}

/** The button that asks for the page after those that came. */
export function More({ of, text = WORDS.more }: { of: Pick<Pages<unknown, Page<unknown>>, "next" | "more" | "loading">; text?: Text }) {
  if (!of.next) return null;
  return (
    <button type="button" class="small" aria-busy={of.loading} onClick={of.more}>
      {t(text)}
    </button>
  );
}
