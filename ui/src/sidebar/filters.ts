import { m } from "../i18n";
import { dayText, languageName, speakerName } from "../i18n/format";
import type { Narrowing } from "../state/narrowing";

/** A filter that is set, in words, and what takes it away. */
export interface Chip {
  key: string;
  text: string;
  without: Partial<Narrowing>;
}

export function chipsOf({ from, to, language, tags, speaker, title, recording }: Narrowing): Chip[] {
  const chips: (Chip | null)[] = [
    from === null ? null : { key: "from", text: m.filter_since({ day: dayText(from) }), without: { from: null } },
    to === null ? null : { key: "to", text: m.filter_until({ day: dayText(to) }), without: { to: null } },
    language === null ? null : { key: "language", text: languageName(language), without: { language: null } },
    ...tags.map((tag) => ({ key: `tag ${tag}`, text: tag, without: { tags: tags.filter((one) => one !== tag) } })),
    speaker === null ? null : { key: "speaker", text: m.filter_said_by({ speaker: speakerName(speaker) }), without: { speaker: null } },
    title === null ? null : { key: "title", text: m.filter_titled({ title }), without: { title: null } },
    recording === null ? null : { key: "recording", text: m.filter_within({ title: recording.title }), without: { recording: null } },
  ];
  return chips.filter((chip) => chip !== null);
}

