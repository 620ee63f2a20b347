"""Whether and when a message may go out. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.days import day_of
from core.notifications.model import (
    SERVICE,
    About,
    Channel,
    Decision,
    Hold,
    Kind,
    Recipient,
    Send,
    Settings,
    Suppress,
)


def decide(
    kind: Kind, channel: Channel, to: Recipient, settings: Settings, zone: ZoneInfo, now: datetime
) -> Decision:
    """What becomes of a message by one channel; `zone` is that of the clock whose quiet hours count."""
    if to.erased:
        return Suppress("erased")
    wanted = to.wanted.get(channel)
    if wanted is False:
        return Suppress("opted_out")
    if wanted is None and needs_consent(kind.about, channel, settings):
        return Suppress("no_consent")
    if channel == "mail" and not to.email:
        return Suppress("no_address")
    # A mail that somebody waits for wakes nobody; a telephone does.
    if channel != "mail" or kind.marketing:
        ends = quiet_ends(settings.quiet_from, settings.quiet_until, zone, now)
        if ends:
            return Hold(ends)
    return Send()


def needs_consent(about: About, channel: Channel, settings: Settings) -> bool:
    """Whether silence is a no: for text messages and push always, for marketing by mail where it is set."""
    return channel != "mail" or (about not in SERVICE and settings.marketing_needs_consent)


def quiet_ends(quiet_from: time, quiet_until: time, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours end that it is now; None: it is none. They may last over midnight."""
    here = now.astimezone(zone)
    clock = here.time()
    if quiet_from == quiet_until:
        return None
    over_midnight = quiet_from > quiet_until
    quiet = clock >= quiet_from or clock < quiet_until if over_midnight else quiet_from <= clock < quiet_until
    if not quiet:
        return None
    day = day_of(now, zone) + timedelta(days=1 if over_midnight and clock >= quiet_from else 0)
    ends = datetime.combine(day, quiet_until, zone).astimezone(now.tzinfo)
    # Where the clock is put back over the end, the first of the two ends may have passed.
    return ends if ends > now else ends + timedelta(hours=1)
