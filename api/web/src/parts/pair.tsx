/** A pair of records side by side: what each says, what speaks for one subject and against it. */
import { useEffect } from "preact/hooks";
import { get, me } from "../api";
import { beside } from "../actions";
import { half, t } from "../i18n";
import { by, byPerson, judge, mayJudge, read, turn, why, type Feature, type Pair, type Review, type Says, type Side } from "../identity";
import { short, when } from "../say";
import { fieldWord } from "../words";
import { WHO } from "../words/identity";
import { useAsked, Waiting, Weight } from "./ui";

type Mark = Says | "otherwise";
const SIGNS: Readonly<Record<Mark, string>> = { agrees: "✓", partly: "≈", differs: "✗", unknown: "·", otherwise: "≠" };
/** A weight (bits) whose bar is full. */
const HEAVY = 12;

/** The pair that is open, asked anew: others may have judged it. `next` is done once it is judged. */
export function OpenPair({ pair, next }: { pair: Pair; next: () => void }) {
  const refused = pair.words !== undefined;
  const asked = useAsked(refused ? null : `${pair.id}|${turn.value}`, (stop) => get<Review>(`/v1/identity/reviews/${pair.id}`, {}, stop));
  const it = asked.data;
  useEffect(() => {
    read.value = it;
  }, [it]);
  if (refused) {
    return (
      <div class="pair-body">
        <p class="wrong">{half(pair.words ?? "")}</p>
        {pair.between && <p class="soft">{t(WHO.between, { a: pair.between[0], b: pair.between[1] })}</p>}
        <Told pair={pair} />
      </div>
    );
  }
  if (!it) return <Waiting asked={asked} />;
  return (
    <div class="pair-body">
      <Told pair={it} />
      {it.judgement && (
        <p>
          {t(WHO.judged, { what: t(it.judgement.same ? WHO.accepted : WHO.rejected), who: it.judgement.machine ? t(WHO.byModel) : (it.judgement.by ?? ""), at: when(it.judgement.at) })}
          {it.judgement.why && ` · ${it.judgement.why}`}
        </p>
      )}
      {!it.judgement && it.note && <p class="soft">{it.note}</p>}
      {it.barred && <p class="wrong">{half(it.barred)}</p>}
      {mayJudge() ? <Judge pair={it} next={next} /> : <p class="soft">{t(WHO.lookOnly)}</p>}
    </div>
  );
}

/** Both records, the way to the graph, and what speaks for and against. */
function Told({ pair }: { pair: Pair }) {
  const there = [pair.a.subject, pair.b.subject].filter((id) => id !== null);
  return (
    <>
      <Beside a={pair.a} b={pair.b} />
      {there.length > 0 && (
        <button type="button" class="small" onClick={() => void beside([...new Set(there)])}>
          {t(new Set(there).size > 1 ? WHO.beside : WHO.onGraph)}
        </button>
      )}
      <div>
        <h4>{t(WHO.speaks)}</h4>
        {pair.features.length ? <p class="soft">{t(WHO.bits)}</p> : <p class="soft">{t(WHO.noFeatures)}</p>}
        <ul class="features">
          {pair.features.map((each) => (
            <Speaks key={each.name} feature={each} />
          ))}
        </ul>
      </div>
    </>
  );
}

function Speaks({ feature }: { feature: Feature }) {
  return (
    <li class={feature.says}>
      <Sign says={feature.says} />
      <span>
        {fieldWord(feature.name)}: {half(feature.level)}
      </span>
      <Weight value={feature.weight} heavy={HEAVY} />
    </li>
  );
}

function Sign({ says }: { says: Mark }) {
  return (
    <span class="sign" role="img" aria-label={t(WHO[says])}>
      {SIGNS[says]}
    </span>
  );
}

/** What one record says, as rows of names and values. */
function said(side: Side): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const says = side.says;
  if (says?.name) found.set("name", says.name);
  for (const part of [says?.keys, says?.attrs]) {
    for (const [name, value] of Object.entries(part ?? {})) {
      if (typeof value === "string" || typeof value === "number") found.set(name, String(value));
      else if (Array.isArray(value)) found.set(name, value.map(String).join("、"));
    }
  }
  return found;
}

/** Whether two values are written alike (what that means the features say); of two that are masked
 * alike nobody can tell. */
function compared(x: string | undefined, y: string | undefined): Mark | null {
  if (x === undefined || y === undefined) return null;
  if (x !== y) return "otherwise";
  return x.includes("*") ? null : "agrees";
}

function Beside({ a, b }: { a: Side; b: Side }) {
  const [one, other] = [said(a), said(b)];
  const names = [...new Set([...one.keys(), ...other.keys()])].slice(0, 20);
  return (
    <table aria-label={t(WHO.besides)}>
      <thead>
        <tr>
          <th scope="col">{t(WHO.field)}</th>
          {[a, b].map((side) => (
            <th key={side.record} scope="col">
              <span class="called">{side.label}</span>
              <div class="id">{short(side.record)}</div>
              {side.records > 1 && <div class="soft">{t(WHO.records, { n: side.records })}</div>}
              {!side.says && <div class="soft">{t(WHO.notShown)}</div>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const [x, y] = [one.get(name), other.get(name)];
          const says = compared(x, y);
          return (
            <tr key={name} class={says ?? ""}>
              <th scope="row">
                {says && <Sign says={says} />} {fieldWord(name)}
              </th>
              <td>{x ?? "–"}</td>
              <td>{y ?? "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Judge({ pair, next }: { pair: Review; next: () => void }) {
  return (
    <form class="judge" onSubmit={(event) => event.preventDefault()}>
      {me.value?.kind === "owner" && (
        <label>
          {t(WHO.by)}
          <input id="by-pair" maxLength={100} value={by.value} onInput={(event) => (by.value = event.currentTarget.value)} />
        </label>
      )}
      <label>
        {t(WHO.why)}
        <textarea id="why-pair" rows={2} maxLength={2000} value={why.value} onInput={(event) => (why.value = event.currentTarget.value)} />
      </label>
      <div class="buttons">
        {!byPerson(pair) && (
          <>
            <button type="button" class="main" disabled={!!pair.barred} onClick={() => judge("accept", next)}>
              {t(pair.judgement ? WHO.confirm : WHO.accept)}
            </button>
            <button type="button" class="plain" onClick={() => judge("reject", next)}>
              {t(WHO.reject)}
            </button>
          </>
        )}
        {pair.judgement && (
          <button type="button" class="plain" onClick={() => judge("undo", next)}>
            {t(WHO.undo)}
          </button>
        )}
      </div>
    </form>
  );
}
