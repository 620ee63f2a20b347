"""What somebody wrote in a mail, without the mail that they answer. Pure.

Rather too little is left out than too much: what stands below or between quotes is kept, and a signature is
the writer's own word. The whole mail is kept beside it.
"""

import re

MARK = "##-"
"""Begins the line in our mails above which people answer; programs quote it in every language."""

_OUTLOOK = ("from", "von", "de", "da", "发件人", "發件人", "寄件者", "差出人")
_OUTLOOK_MORE = (
    *("sent", "to", "subject", "date", "cc", "gesendet", "an", "betreff", "envoyé", "à", "objet"),
    *("发送时间", "收件人", "主题", "日期", "抄送", "發送時間", "收件者", "主旨", "寄件日期", "傳送時間"),
)
_SEPARATOR = re.compile(
    r"-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|"
    r"原始邮件|原始郵件|原邮件|转发邮件|轉寄郵件)\s*-{2,}",
    re.IGNORECASE,
)
# The line above a quote: it ends with a colon and speaks of writing, or names an address and a time.
_WROTE = re.compile(
    r"wrote|schrieb|écrit|escribió|scritto|escreveu|写道|寫道|写到|来信|來信|<[^<>\s]+@[^<>\s]+>",
    re.IGNORECASE,
)
MAX_LINE = 500


def own_words(text: str) -> str:
    """The writer's own lines; all of them where nothing else would be left."""
    lines = _until_quoted_whole(text.split("\n"))
    kept: list[str] = []
    for place, line in enumerate(lines):
        if line.lstrip().startswith(">"):
            continue
        if _introduces(lines, place):
            continue
        kept.append(line)
    own = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return own or text.strip()


def _until_quoted_whole(lines: list[str]) -> list[str]:
    """The lines above a mail that is put below as a whole: our mark, a separator, or headers."""
    for place, line in enumerate(lines):
        bare = line.strip()[:MAX_LINE]
        marked = bare.lstrip("> ").startswith(MARK)
        if marked or _SEPARATOR.fullmatch(bare) or _is_header_block(lines, place):
            return lines[:place]
    return lines


def _is_header_block(lines: list[str], place: int) -> bool:
    """`From: …` with another header right below it."""
    if not _names(lines[place], _OUTLOOK):
        return False
    below = [line for line in lines[place + 1 : place + 4] if line.strip()]
    return any(_names(line, _OUTLOOK_MORE) for line in below)


def _names(line: str, names: tuple[str, ...]) -> bool:
    bare = line.strip(" *_\t")[:MAX_LINE].lower().replace("：", ":")
    name, colon, _ = bare.partition(":")
    return bool(colon) and name.strip(" *_") in names


def _introduces(lines: list[str], place: int) -> bool:
    """A line, or the first of up to three, that says who wrote what is quoted below."""
    said = ""
    for end in range(place, min(place + 3, len(lines))):
        if not (line := lines[end].strip()) or line.startswith(">"):
            return False
        said = f"{said} {line[:MAX_LINE]}"
        if line[-1] in ":：" and _WROTE.search(said):
            below = next((each for each in lines[end + 1 : end + 4] if each.strip()), None)
            if below is None:
                return any(each.isdigit() for each in said)
            return below.lstrip().startswith(">")
    return False
