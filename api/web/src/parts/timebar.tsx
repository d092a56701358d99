/** The day that the whole graph is shown at, with what changes when; and what was known then. */
import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { setAsOf, setKnownAt } from "../actions";
import { t } from "../i18n";
import { asOf, knownAt, scene } from "../state";
import { bins, range } from "../span";
import { daysBetween, plusDays, today } from "../time";
import { day } from "../view";
import { TOOLS } from "../words/tools";
import { IconButton } from "./ui";

const BARS = 120;
const FRAME = 90; // milliseconds a step of playing
const PLAYED = 160; // steps from the first day to the last

const times = computed(() => range(scene.value.edges.values(), today()));
const bars = computed(() => bins(scene.value.edges.values(), times.value, BARS));
const playing = signal(false);

/** Move by about a month. */
export function stepMonth(by: number): void {
  const next = plusDays(day.value, 30 * by);
  setAsOf(next >= today() ? null : next);
}

function play(): void {
  if (!playing.value && (day.value >= times.value.last || asOf.value === null)) setAsOf(times.value.first);
  playing.value = !playing.value;
}

export function TimeBar() {
  const { first, last } = times.value;
  const all = Math.max(1, daysBetween(first, last));
  const at = Math.min(all, Math.max(0, daysBetween(first, day.value)));
  useEffect(() => {
    if (!playing.value) return undefined;
    const timer = setInterval(() => {
      const next = plusDays(day.value, Math.max(1, Math.round(all / PLAYED)));
      if (next >= last) {
        playing.value = false;
        setAsOf(last >= today() ? null : last);
      } else setAsOf(next);
    }, FRAME);
    return () => clearInterval(timer);
  }, [playing.value, first, last]);
  const most = Math.max(1, ...bars.value);
  return (
    <footer class="timebar">
      <IconButton icon={playing.value ? "M7 5h3v14H7zM14 5h3v14h-3z" : "M8 5l11 7-11 7z"} label={t(playing.value ? TOOLS.pause : TOOLS.play)} onClick={play} disabled={!scene.value.edges.size} />
      <label class="as-of">
        <span>{t(TOOLS.asOf)}</span>
        <input type="date" value={day.value} max="2100-12-31" onChange={(event) => setAsOf(event.currentTarget.value || null)} />
      </label>
      <div class="slider">
        <svg viewBox={`0 0 ${BARS} 20`} preserveAspectRatio="none" aria-hidden="true">
          {bars.value.map((n, k) => n > 0 && <rect key={k} x={k + 0.1} width={0.8} y={20 - (18 * Math.sqrt(n)) / Math.sqrt(most) - 1} height={(18 * Math.sqrt(n)) / Math.sqrt(most) + 1} class={k / BARS <= at / all ? "past" : ""} />)}
        </svg>
        <input
          type="range"
          min={0}
          max={all}
          value={at}
          aria-label={t(TOOLS.day)}
          aria-valuetext={day.value}
          onInput={(event) => {
            playing.value = false;
            const next = plusDays(first, Number(event.currentTarget.value));
            setAsOf(next >= today() ? null : next);
          }}
        />
        <div class="ticks" aria-hidden="true">
          <span>{first.slice(0, 7)}</span>
          <span>{last.slice(0, 7)}</span>
        </div>
      </div>
      <button type="button" class="plain" disabled={asOf.value === null} onClick={() => { playing.value = false; setAsOf(null); }}>
        {t(TOOLS.reset)}
      </button>
      <label class="known-at">
        <span>{t(TOOLS.knownAt)}</span>
        <input type="datetime-local" step="1" value={local(knownAt.value)} onChange={(event) => setKnownAt(event.currentTarget.value ? `${event.currentTarget.value}+08:00` : null)} />
      </label>
      <button type="button" class="plain" disabled={knownAt.value === null} onClick={() => setKnownAt(null)}>
        {t(TOOLS.knownNow)}
      </button>
    </footer>
  );
}

/** The moment at +08:00 as the browser's field has it. */
function local(moment: string | null): string {
  if (!moment) return "";
  const ms = Date.parse(moment);
  return Number.isNaN(ms) ? "" : new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19);
}
