"""Where a mail's quoted history starts, as an index into its text; nothing is cut, in doubt nothing is quoted."""

from __future__ import annotations

import re

from connectors.channels.email.words import is_sentinel

_LOOKED_AT = 200_000

_FORWARD = re.compile(r"^\s*(?:fw|fwd|wg|tr|rv|enc|doorst|i|pd|vb|vl)\s*:", re.IGNORECASE)
_ANSWER = re.compile(
    r"^\s*(?:re|aw|antw|sv|vs|vá|odp|rif|ref|res|r|ynt|bls|atb|回复|回覆|答复)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
_FORWARDED = re.compile(
    r"^\W*(?:begin forwarded message|(?:- ?){2,}\s*(?:forwarded message|weitergeleitete nachricht|message transféré|"
    r"mensaje reenviado|messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada)\b)",
    re.IGNORECASE,
)

# "On <date>, <name> wrote:" in the languages that mail programs write it in.
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|schreibt|geschrieben|a écrit|ecrit|écrit|escribió|escribio|ha scritto|scrisse|escreveu|"
    r"schreef|geschreven|skrev|skrifaði|napisał|napisała|napisał\(a\)|pisze|napsal|napsala|napísal|napísala|kirjoitti|"
    r"írta|a scris|yazdı|đã viết|пишет|написал|написала|написав|писав|пише|написа|έγραψε|rašė|rakstīja|kirjutas|"
    r"je napisao|je napisala|pisal|tulis|menulis)\b|写道|寫道|のメール|書きました|작성|כתב|كتب|เขียน",
    re.IGNORECASE,
)
_DATED = re.compile(r"\d|@")
_OPENS = re.compile(
    r"^(?:on|am|le|el|il|em|op|den|på|w dniu|dnia|dne|ти|tarihinde|vào|la|în|a|em|pe|kl|\d)\b", re.IGNORECASE
)
_GMAIL_DATED = re.compile(r"^\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d\s")
_SIGNATURE = re.compile(
    r"^(?:--|—|_{5,}|-{5,})\s*$|^(?:sent from|get outlook|von meinem|envoyé de|enviado desde|inviato da)\b", re.I
)
_ENDS = re.compile(r"[:：]\W{0,3}$")

_ORIGINAL = re.compile(
    r"^\W*[-_=]{2,}\s*(?:original message|original appointment|reply message|ursprüngliche nachricht|originalnachricht|"
    r"original-nachricht|message d'origine|message original|mensaje original|messaggio originale|mensagem original|"
    r"oorspronkelijk bericht|ursprungligt meddelande|ursprungligt mejl|oprindelig meddelelse|opprinnelig melding|"
    r"wiadomość oryginalna|oryginalna wiadomość|původní zpráva|pôvodná správa|исходное сообщение|"
    r"original besked|eredeti üzenet|mesaj original|özgün ileti|alkuperäinen viesti|原始邮件|原邮件)\b.*$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"^[\s>*|]*(?:from|von|de|da|van|från|fra|od|от|от кого|mittente|lähettäjä|kimden|feladó|发件人|差出人|"
    r"寄件者|보낸 사람|מאת)\s*\*?\s*[:：]\*?\s*\S",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^[\s>*|]*(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|envoyé|date|à|objet|enviado|enviado el|fecha|para|"
    r"asunto|inviato|data|a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne|dato|wysłano|do|temat|"
    r"odesláno|komu|předmět|отправлено|дата|кому|тема|lähetetty|vastaanottaja|aihe|assunto|"
    r"data de envio|gönderme tarihi|kime|konu|elküldve|címzett|tárgy|发送时间|收件人|主题|送信日時|宛先|件名|"
    r"보낸 날짜|받는 사람|제목|reply-to|antwort an)"
    r"\s*\*?\s*[:：]",
    re.IGNORECASE,
)


def answers(subject: str) -> bool:
    """Whether the subject says that the mail answers another."""
    return bool(_ANSWER.match(subject))


def forwards(subject: str, text: str) -> bool:
    """Whether the mail passes another one on; what it quotes is then its very content."""
    return bool(_FORWARD.match(subject)) or any(_FORWARDED.match(line) for line in text[:_LOOKED_AT].split("\n"))


def start_of_quote(text: str) -> int | None:
    """The index at which nothing but quoted history follows, None when there is none or answers stand between it."""
    lines = text[:_LOOKED_AT].split("\n")
    position = 0
    for number, line in enumerate(lines):
        length = _opening(lines, number)
        if length:
            starts = any(map(str.isalnum, text[:position])) and _only_quotes_follow(lines, number + length)
            return position if starts else None
        position += len(line) + 1
    return None


def _opening(lines: list[str], number: int) -> int:
    """How many lines the introduction of a quote takes that starts here; 0 when none does."""
    line = lines[number].strip()
    if not line:
        return 0
    if is_sentinel(line) or _ORIGINAL.match(line):
        return 1
    if _FROM.match(line) and sum(bool(_FIELD.match(each)) for each in lines[number + 1 : number + 8]) >= 2:
        return 1
    if line.startswith(">") or (_GMAIL_DATED.match(line) and _ENDS.search(line)):
        return 1
    return _attribution(lines, number)


def _attribution(lines: list[str], number: int) -> int:
    """How many lines an "On … wrote:" takes; mail programs wrap it over up to four."""
    joined = ""
    for count, line in enumerate(lines[number : number + 4], start=1):
        if not line.strip() or (count > 1 and line.lstrip().startswith(">")):
            return 0
        joined = f"{joined} {line.strip()}".strip()
        if len(joined) > 500:
            return 0
        if _ENDS.search(joined) and _WROTE.search(joined) and _DATED.search(joined):
            return count
        if count == 1 and not (_OPENS.match(joined) or "@" in joined):
            return 0
    return 0


def _only_quotes_follow(lines: list[str], number: int) -> bool:
    """False where somebody's own words stand below or between quoted lines."""
    rest = [line.strip() for line in lines[number:] if line.strip()]
    quoted = lines[number - 1].lstrip().startswith(">") or bool(rest and rest[0].startswith(">"))
    if not quoted:
        # No marks at the lines (Outlook, phones): everything below the introduction is history.
        return True
    own = next((place for place, line in enumerate(rest) if not line.startswith(">")), None)
    return own is None or bool(_SIGNATURE.match(rest[own]))
