import { t, type Text, type Texts } from "../i18n";
import { DOMAINS, FIELDS, KINDS, LISTS } from "./common";
import { EVENTS, NEWS } from "./alerts";
import { BANDS } from "./risk";

/** A kind, field or list in the reader's language; one that is not in the table as it is. */
function named(table: Texts) {
  return (name: string): string => {
    const found: Text | undefined = table[name];
    return found ? t(found) : name;
  };
}

export const kindWord = named(KINDS);
export const fieldWord = named(FIELDS);
export const listWord = named(LISTS);
export const domainWord = named(DOMAINS);
export const bandWord = named(BANDS);
export const eventWord = named(EVENTS);
export const newsWord = named(NEWS);
