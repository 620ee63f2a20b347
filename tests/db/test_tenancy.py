"""Work for all merchants: where it fails for one, the others have their turn."""

import pytest

from core import tenancy
from tests.conftest import new_merchant


async def test_one_merchants_fault_does_not_keep_the_others_waiting(database: object) -> None:
    bad, good = await new_merchant(), await new_merchant()
    done = []

    async def work(merchant: tenancy.Merchant) -> None:
        if merchant.id == bad:
            raise RuntimeError("a row that cannot be read")
        done.append(merchant.id)

    with pytest.raises(ExceptionGroup) as raised:
        await tenancy.for_each(work)
    assert [str(each) for each in raised.value.exceptions] == ["a row that cannot be read"]
    assert good in done and bad not in done
