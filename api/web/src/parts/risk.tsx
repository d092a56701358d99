/** A subject's score with its reasons, and on which ways risk came to it: for ordering work alone. */
import { askAtLeisure, type Envelope } from "../api";
import { open, showFacts } from "../actions";
import { partsOf } from "../casework";
import { half, number, t } from "../i18n";
import { kindOf, learnNames, nameOf } from "../names";
import { asOf, knownAt } from "../state";
import { RISK } from "../words/risk";
import { KindMark, Weight } from "./ui";

interface Reason {
  readonly feature: string;
  readonly contribution: number;
  readonly why: string;
  readonly facts: readonly string[];
  readonly facts_total?: number;
}

export interface Scored {
  readonly id: string;
  readonly score: number;
  readonly band: string;
  readonly why: string;
  readonly reasons: readonly Reason[];
  readonly model: string;
  readonly use: string;
}

interface Way {
  readonly seed: string;
  readonly members: readonly string[];
  readonly contribution: number;
  readonly facts: readonly string[];
}

export interface Reached {
  readonly subject: string;
  readonly kind: string;
  readonly value: number;
  readonly own: number;
  readonly seeds: readonly { readonly seed: string; readonly contribution: number; readonly facts: readonly string[] }[];
  readonly paths: readonly Way[];
  readonly paths_rest: number;
}

const RULES = "rules";
/** Log-odds whose bar is full; a finding's score has at most 1. */
const HEAVY = 3;
const NAMED = 1000;

/** Scores of subjects at the moment shown, with the names of whom their reasons tell. */
export function scores(given: Readonly<Record<string, unknown>>, stop: AbortSignal): Promise<Envelope<Scored>> {
  return scoredThen({ ...given, as_of: asOf.value, known_at: knownAt.value }, stop);
}

/** The same at a moment that is given. */
export async function scoredThen(given: Readonly<Record<string, unknown>>, stop: AbortSignal): Promise<Envelope<Scored>> {
  const found = await askAtLeisure<Scored>("risk-score", given, stop);
  await learnNames([...new Set(found.results.flatMap((row) => row.reasons.flatMap((each) => each.facts.slice(0, 1))))].slice(0, NAMED));
  return found;
}

/** Whom listings reach, and on which ways. */
export async function reached(given: Readonly<Record<string, unknown>>, stop: AbortSignal): Promise<Envelope<Reached>> {
  const found = await askAtLeisure<Reached>("risk-propagation", { max_paths: 5, ...given, as_of: asOf.value, known_at: knownAt.value }, stop);
  await learnNames([...new Set(found.results.flatMap((row) => row.paths.flatMap((each) => each.facts)))].slice(0, NAMED));
  return found;
}

/** What a score is for, in the service's own words. */
export function Use({ text }: { text: string }) {
  return <p class="use">{half(text)}</p>;
}

/** The reasons of a score, strongest first, each with what it stands on. */
export function Reasons({ row }: { row: Scored }) {
  const rules = row.model === RULES;
  return (
    <>
      <p class="soft">{rules ? t(RISK.byRules) : t(RISK.byModel, { name: row.model.split(" ")[0]! })}</p>
      <ul class="reasons">
        {row.reasons.map((each, k) => (
          <li key={k}>
            <div class="weighs">
              <span>{partsOf(half(each.why)).said}</span>
              <Weight value={each.contribution} heavy={rules ? 1 : HEAVY} digits={2} />
            </div>
            {each.facts.length > 0 && (
              <button type="button" class="small" onClick={() => void showFacts(each.facts, t(RISK.shownReason, { name: nameOf(row.id) }), undefined, row.id)}>
                {t(RISK.facts, { n: number(each.facts.length) })}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** The ways on which risk came to a subject, largest first; each is drawn at a press. */
export function Ways({ row }: { row: Reached }) {
  const draw = (ways: readonly Way[]) => void showFacts([...new Set(ways.flatMap((each) => each.facts))], t(RISK.shownWays, { name: nameOf(row.subject) }), "tree", row.subject);
  return (
    <>
      <h4>{t(RISK.ways)}</h4>
      <ul class="reasons">
        {row.paths.map((each, k) => (
          <li key={k}>
            <div class="weighs">
              <span class="way">
                {each.members.map((id, at) => (
                  <span key={at}>
                    {at > 0 && " → "}
                    <button type="button" class="link" onClick={() => void open(id)}>
                      {kindOf(id) && <KindMark kind={kindOf(id)!} size={11} />} {nameOf(id)}
                    </button>
                  </span>
                ))}
              </span>
              <Weight value={each.contribution} heavy={Math.max(row.value, 1e-9)} digits={3} />
            </div>
            <button type="button" class="small" onClick={() => draw([each])}>
              {t(RISK.way)}
            </button>
          </li>
        ))}
      </ul>
      {row.own > 0 && <p class="soft">{`${row.own.toFixed(3)} ${t(RISK.own)}`}</p>}
      {row.paths_rest > 0.0005 && <p class="soft">{`${row.paths_rest.toFixed(3)} ${t(RISK.rest)}`}</p>}
      {row.paths.length > 1 && (
        <button type="button" class="main wide" onClick={() => draw(row.paths)}>
          {t(RISK.allWays)}
        </button>
      )}
    </>
  );
}
