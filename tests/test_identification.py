"""Every sample against every reader: the one whose vendor it is from knows it, and no other one does."""

from __future__ import annotations

import pytest

from cs_metrics.errors import DataError
from cs_metrics.readers import all_readers, open_exports
from tests.simulator.__main__ import SAMPLE_DATA

pytestmark = pytest.mark.slow  # as many files are opened as there are samples, times the readers

OURS = ("common", "lives")  # in our own column names
SAMPLES = sorted(
    path.relative_to(SAMPLE_DATA)
    for path in SAMPLE_DATA.glob("*/*")
    if path.parent.name != "broken" and path.suffix != ".md"
)


def vendor(folder):
    """The reader after which a folder of samples is named: `zoho_desk_api` holds Zoho Desk's. None: only a map fits."""
    named = [name for name in all_readers() if folder == name or folder.startswith(f"{name}_")]
    return "common" if folder in OURS else max(named, key=len, default=None)


@pytest.mark.parametrize("name", SAMPLES, ids=str)
def test_a_sample_is_known_by_the_reader_of_its_vendor_and_by_no_other(name):
    path = str(SAMPLE_DATA / name)
    own = vendor(name.parent.name)
    assert own is None or open_exports([path])[0].reader == own
    for other in all_readers().keys() - {own}:
        with pytest.raises(DataError, match=f"not a file that the reader '{other}' knows"):
            open_exports([path], other)
