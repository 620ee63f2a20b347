"""Messages in templates: what is filled in is escaped, what a translator wrote is not."""

import pytest
from markupsafe import Markup

from core.design.phrases import Phrases
from core.i18n import translator

ENGLISH, CHINESE = Phrases(translator("en")), Phrases(translator("zh-Hant"))


def test_values_are_escaped_unless_they_are_html_already() -> None:
    assert ENGLISH.gettext("Hello, %(name)s", name="<b>") == "Hello, &lt;b&gt;"
    assert ENGLISH.gettext("Hello, %(name)s", name=Markup("<b>Ada</b>")) == "Hello, <b>Ada</b>"
    assert isinstance(ENGLISH.gettext("Hello, %(name)s", name="Ada"), Markup)


def test_messages_without_values_are_safe_and_the_same_each_time() -> None:
    first = ENGLISH.gettext("<b>100%%</b>")
    assert (first, isinstance(first, Markup)) == ("<b>100%</b>", True)
    assert ENGLISH.gettext("<b>100%%</b>") is first


def test_context_and_plural() -> None:
    assert (CHINESE.pgettext("case", "Owner"), CHINESE.gettext("Owner")) == ("負責人", "店主")
    assert ENGLISH.ngettext("%(num)s point", "%(num)s points", 1) == "1 point"
    assert ENGLISH.ngettext("%(num)s point", "%(num)s points", 1200, num="1,200") == "1,200 points"
    assert CHINESE.ngettext("%(num)s point", "%(num)s points", 3) == "3 積分"


def test_a_value_that_is_missing_is_told() -> None:
    with pytest.raises(KeyError):
        ENGLISH.gettext("Hello, %(name)s")
