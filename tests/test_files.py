"""Files as people have them: archives, workbooks, footers, line ends, encodings, ids that a spreadsheet has rounded."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from cs_metrics import console
from cs_metrics.errors import DataError
from cs_metrics.readers import FilePart, Loaded, open_exports
from cs_metrics.readers._inputs import expand
from tests.conftest import Run

HEADER = "Ticket ID,Status,Created time,First response time (in hrs)"
ROWS = ("1,Open,2024-01-08 09:00:00,1:30:00", "2,Closed,2024-01-09 10:00:00,26:00:00")
TICKETS = "\n".join([HEADER, *ROWS, ""]).encode()
READ = [("1", "01-08 09:00", 5400.0), ("2", "01-09 10:00", 93_600.0)]


def zipped(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def saved(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def loaded(path: Path | str) -> tuple[FilePart, Loaded]:
    (part,) = open_exports([str(path)])
    return part, part.load({"tickets": ["created_at", "reported_first_reply_business_seconds"]}, None)


def rows(found: Loaded) -> list[tuple[object, ...]]:
    created = pl.col("created_at").dt.strftime("%m-%d %H:%M")
    return found.frames["tickets"].select("ticket_id", created, "reported_first_reply_business_seconds").rows()


# Archives


def test_the_members_of_an_archive_are_files_of_their_own_and_what_systems_leave_behind_is_not(tmp_path):
    path = saved(
        tmp_path / "export.zip",
        zipped(
            {
                "2024/": b"",
                "2024/a.csv": TICKETS,
                "b.csv.gz": gzip.compress(TICKETS),
                "__MACOSX/2024/._a.csv": b"\x00\x05\x16\x07",
                ".DS_Store": b"\x00",
                "2024/~$a.csv": b"lock",
            }
        ),
    )
    parts = open_exports([str(path)])
    assert [part.item.name for part in parts] == [f"{path}!2024/a.csv", f"{path}!b.csv.gz"]
    for part in parts:
        assert rows(part.load({"tickets": ["created_at", "reported_first_reply_business_seconds"]}, None)) == READ


def test_archives_are_looked_into_in_folders_and_by_patterns_and_each_once(tmp_path):
    (tmp_path / "exports").mkdir()
    archive = saved(tmp_path / "exports/a.zip", zipped({"a.csv": TICKETS, "b.csv": TICKETS}))
    saved(tmp_path / "exports/c.csv", TICKETS)
    for argument in (tmp_path / "exports", tmp_path / "exports/*", tmp_path / "**/*.*"):
        names = [part.item.name.rpartition("/")[2] for part in open_exports([str(argument), str(archive)])]
        assert names == ["a.zip!a.csv", "a.zip!b.csv", "c.csv"]


def test_one_member_can_be_named_and_an_archive_can_name_its_source(tmp_path):
    path = saved(tmp_path / "a.zip", zipped({"a.csv": TICKETS, "b.csv": TICKETS}))
    (part,) = open_exports([f"acme={path}!b.csv"])
    assert (part.item.name, part.source) == (f"{path}!b.csv", "acme")
    with pytest.raises(DataError, match=r"there is no 'c\.csv' in it"):
        open_exports([f"{path}!c.csv"])
    with pytest.raises(DataError, match="there is no such file"):
        open_exports([str(tmp_path / "b.zip!a.csv")])


def test_members_that_nobody_claims_are_passed_over_as_long_as_one_is_claimed(tmp_path):
    path = saved(tmp_path / "a.zip", zipped({"Account.csv": b"Id,Name\n1,Acme\n", "Case.csv": TICKETS}))
    assert [part.item.name for part in open_exports([str(path)])] == [f"{path}!Case.csv"]
    saved(path, zipped({"Account.csv": b"Id,Name\n1,Acme\n"}))
    with pytest.raises(DataError, match=r"a\.zip!Account\.csv: no reader knows this file"):
        open_exports([str(path)])


def test_an_archive_inside_an_archive_is_refused_in_one_line(tmp_path):
    path = saved(tmp_path / "a.zip", zipped({"a.csv": TICKETS, "more/inner.zip": zipped({"b.csv": TICKETS})}))
    with pytest.raises(DataError) as refused:
        open_exports([str(path)])
    assert str(refused.value) == f"{path}!more/inner.zip: an archive inside an archive; unpack {path} first"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped({"a.csv": TICKETS})[:-40], "cannot be opened"),
        (zipped({}), "the archive holds no files"),
        (zipped({"folder/": b""}), "the archive holds no files"),
        (zipped({"content.xml": b"<x/>", "mimetype": b"application/vnd.oasis"}), "save it as .xlsx or CSV"),
    ],
    ids=["cut", "empty", "only-a-folder", "ods"],
)
def test_an_archive_that_cannot_be_used_says_why(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        open_exports([str(saved(tmp_path / "a.zip", content))])


def test_an_archive_comes_by_standard_input_too(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(zipped({"a.csv": TICKETS}))))
    (part,) = open_exports(["-"])
    assert part.item.name == "standard input!a.csv"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_give_the_same_rows(tmp_path, pack):
    assert rows(loaded(saved(tmp_path / "a.csv", pack(TICKETS)))[1]) == READ


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_comes_through_a_pipe_is_read_like_a_file(tmp_path, run: Run):
    """A shell's <(zcat tickets.csv.gz) can be read once and has no size."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(gzip.compress(TICKETS)))
    writer.start()
    done = run("report", f"acme={tmp_path / 'pipe'}", "-m", "tickets_created", "--by", "source", "-f", "csv")
    writer.join()
    assert "tickets_created,all,,,true,false,acme,2.0" in done.out, done.err


# Workbooks

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
# styles: 0 general, 1 date and time (built in), 2 [h]:mm:ss, 3 a date of one's own with a locale and words
STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="[$-407]dd.mm.yyyy&quot; h&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="46"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)


def workbook(sheets: Mapping[str, str], shared: str = "", is_1904: bool = False) -> bytes:
    places = range(1, len(sheets) + 1)
    named = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(places, sheets, strict=True)
    )
    rels = "".join(f'<Relationship Id="rId{n}" Target="worksheets/sheet{n}.xml"/>' for n in places)
    kind = '<workbookPr date1904="1"/>' if is_1904 else ""
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}">{kind}<sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{rels}</Relationships>",
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f"<sst {MAIN}>{shared}</sst>",
    }
    for n, content in zip(places, sheets.values(), strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = f"<worksheet {MAIN}><sheetData>{content}</sheetData></worksheet>"
    return zipped({name: part.encode() for name, part in parts.items()})


def inline(row: int, *cells: str) -> str:
    content = "".join(f'<c r="{chr(65 + n)}{row}" t="inlineStr"><is><t>{c}</t></is></c>' for n, c in enumerate(cells))
    return f'<row r="{row}">{content}</row>'


HEADERS = inline(1, *HEADER.split(","))


def test_a_workbook_gives_dates_spans_numbers_and_texts_as_they_are_held(tmp_path):
    shared = "<si><t>Open</t></si><si><r><t>Clo</t></r><r><t>sed</t></r><rPh><t>x</t></rPh></si>"
    sheet = (
        HEADERS + '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>0</v></c><c r="C2" s="1"><v>45299.375</v></c>'
        '<c r="D2" s="2"><v>6.25E-2</v></c></row>'
        '<row r="4"><c r="A4"><v>123456789012</v></c><c r="B4" t="s"><v>1</v></c><c r="C4" s="3"><v>45300</v></c>'
        '<c r="D4" s="2"><v>1.0833333333333333</v></c></row>'
        '<row r="5"><c r="A5" t="str"><v>x-3</v></c><c r="C5" t="d"><v>2024-01-10T08:00:00</v></c>'
        '<c r="D5" t="e"><v>#N/A</v></c></row>'
    )
    part, found = loaded(saved(tmp_path / "a.xlsx", workbook({"Tickets": sheet}, shared)))
    assert part.item.name == str(tmp_path / "a.xlsx")
    assert rows(found) == [
        *(("1", "01-08 09:00", 5400.0), ("123456789012", "01-09 00:00", 93_600.0), ("x-3", "01-10 08:00", None)),
    ]
    assert found.rejects.is_empty()


def test_the_days_of_a_workbook_may_be_counted_from_1904(tmp_path):
    sheet = HEADERS + '<row r="2"><c r="A2"><v>1</v></c><c r="C2" s="1"><v>43837.375</v></c></row>'
    assert rows(loaded(saved(tmp_path / "a.xlsx", workbook({"T": sheet}, is_1904=True)))[1]) == [
        ("1", "01-08 09:00", None)
    ]


def test_every_sheet_with_a_table_is_a_file_and_the_lines_above_a_table_are_no_rows(tmp_path):
    title = inline(1, "Open cases") + inline(2, "As of", "2024-01-10") + inline(5, *HEADER.split(","))
    sheets = {
        "Cover": inline(1, "Hello"),
        "Tickets": title + inline(6, *ROWS[0].split(",")) + inline(7, "no date"),
        "Empty": "",
    }
    path = saved(tmp_path / "a.xlsx", workbook(sheets))
    part, found = loaded(path)
    assert part.item.name == f"{path}!Tickets"
    assert rows(found) == READ[:1]
    assert found.rejects.select("row", "reason").rows() == [(7, "the row is left out: no created_at")]


def test_a_workbook_inside_an_archive_is_read(tmp_path):
    book = workbook({"T": HEADERS + inline(2, *ROWS[0].split(","))})
    path = saved(tmp_path / "a.zip", zipped({"a.xlsx": book}))
    part, found = loaded(path)
    assert (part.item.name, rows(found)) == (f"{path}!a.xlsx", READ[:1])


def test_a_broken_workbook_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="save the sheet as CSV"):
        open_exports([str(saved(tmp_path / "a.xlsx", workbook({"T": "<row>"})))])
    with pytest.raises(DataError, match="the workbook is empty"):
        open_exports([str(saved(tmp_path / "b.xlsx", workbook({"T": ""})))])


SPREADSHEETML = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="Tickets"><Table><Column ss:Width="80"/>
<Row><Cell ss:MergeAcross="2"><Data ss:Type="String">Open cases</Data></Cell></Row>
<Row ss:Index="3">{header}</Row>
<Row><Cell><Data ss:Type="Number">1</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="DateTime">2024-01-08T09:00:00.000</Data></Cell>
<Cell><Data ss:Type="String">1:30:00</Data></Cell></Row>
<Row><Cell><Data ss:Type="Number">2</Data></Cell><Cell><Data ss:Type="String">Größe</Data></Cell></Row>
</Table></Worksheet><Worksheet ss:Name="Empty"><Table/></Worksheet></Workbook>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_xls_that_is_xml_is_read(tmp_path, encoding):
    header = "".join(f'<Cell><Data ss:Type="String">{name}</Data></Cell>' for name in HEADER.split(","))
    content = SPREADSHEETML.format(header=header)
    content = content.replace('"1.0"', f'"1.0" encoding="{encoding}"')
    part, found = loaded(saved(tmp_path / "a.xls", content.encode(encoding)))
    assert part.item.name == str(tmp_path / "a.xls")
    assert rows(found) == READ[:1]
    assert found.rejects.select("row", "column").rows() == [(5, "Created time")]


def test_an_old_binary_workbook_and_a_web_page_are_still_refused(tmp_path):
    for content, message in ((b"\xd0\xcf\x11\xe0rest", r"\.xlsx or CSV"), (b"<html><table>", "web page or XML")):
        with pytest.raises(DataError, match=message):
            open_exports([str(saved(tmp_path / "a.xls", content))])


@pytest.mark.parametrize(
    "content", [b'<?xml version="1.0"?>\n<tickets><ticket/></tickets>', b"\xef\xbb\xbf<?xml version='1.0'?><a/>"]
)
def test_xml_is_refused_with_the_advice_what_to_export_instead(tmp_path, content):
    with pytest.raises(DataError, match="XML, which no reader reads: export it as CSV or JSON") as refusal:
        open_exports([str(saved(tmp_path / "tickets.xml", content))])
    assert "\n" not in str(refusal.value)


# Footers and totals

FOOTER = (
    *("", "", "Open cases", "Copyright © 2000-2025 salesforce.com, inc. All rights reserved."),
    *("Confidential Information - Do Not Distribute", "Generated By: Ann 1/2/2024", "Acme"),
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("padding", ["", ",,,"], ids=["short", "full-width"])
def test_a_reports_footer_is_no_row_and_is_counted(tmp_path, end, encoding, padding):
    footer = [f'"{line}"{padding}' if line else "" for line in FOOTER]
    path = saved(tmp_path / "a.csv", end.join([HEADER, *ROWS, *footer, ""]).encode(encoding))
    part, found = loaded(path)
    assert rows(found) == READ
    assert (found.read["tickets"], found.rejected["tickets"]) == (2, 0)
    assert found.rejects["row"].to_list() == [6, 7, 8, 9, 10]
    assert found.rejects["reason"].str.ends_with(": a footer, not a row").all()
    (remark,) = part.remarks.values()
    assert (remark.code, remark.text) == ("no-rows", f"{path}: 5 lines are totals or a footer, not counted as rows")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize(
    "total", ["Total", "total", "Grand Total", "Grand Totals (5,700 records)", "Subtotal:", "TOTAL"]
)
def test_totals_are_no_rows_wherever_they_stand(tmp_path, total, encoding):
    lines = [HEADER, ROWS[0], f'"{total}",,,27.5', ROWS[1], f'"{total}",2,,"1,234.5"', f'"{total}"', ""]
    _, found = loaded(saved(tmp_path / "a.csv", "\n".join(lines).replace("Open", "Öffen").encode(encoding)))
    assert rows(found) == READ
    assert (found.read["tickets"], found.rejected["tickets"]) == (2, 0)
    reasons = found.rejects.filter(pl.col("column").is_null())["reason"]
    assert reasons.to_list() == [f"line {line}: a total, not a row" for line in (3, 5, 6)]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_ticket_that_is_called_total_is_a_ticket(tmp_path, encoding):
    lines = [f"Subject,{HEADER}", f"Total,{ROWS[0]}", f"Copyright © Müller,{ROWS[1]}", ""]
    part, found = loaded(saved(tmp_path / "a.csv", "\n".join(lines).encode(encoding)))
    assert rows(found) == READ
    assert not part.remarks


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_short_rows_without_a_signature_below_them_are_rows_that_cannot_be_used(tmp_path, encoding):
    lines = [HEADER, ROWS[0], "", "3", "4,Öffen", ROWS[1], "", "5", ""]
    _, found = loaded(saved(tmp_path / "a.csv", "\n".join(lines).encode(encoding)))
    assert rows(found) == READ
    assert (found.read["tickets"], found.rejected["tickets"]) == (5, 3)


def test_a_report_says_how_many_lines_were_no_rows(tmp_path, run: Run):
    path = saved(tmp_path / "a.csv", "\n".join([HEADER, *ROWS, "Total,,,27.5", ""]))
    done = run("report", path, "-m", "tickets_created", "-f", "csv")
    assert "1 line is a total or a footer, not counted as rows" in done.err
    assert "rejected" not in done.err


# Line ends, separators and encodings


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("first", ["", "sep=,", '"sep=,"', "SEP=;"])
def test_line_ends_encodings_and_separator_lines_change_nothing(tmp_path, end, encoding, first):
    lines = [first] * bool(first) + [f"{HEADER},Größe", *(f"{row},ü" for row in ROWS), ""]
    content = end.join(lines)
    content = content if first != "SEP=;" else content.replace(",", ";")
    assert rows(loaded(saved(tmp_path / "a.csv", content.encode(encoding)))[1]) == READ


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_known_in_files_of_any_length(tmp_path, end):
    many = [f"{number},Open,2024-01-08 09:00:00,1:30:00" for number in range(10_000)]
    _, found = loaded(saved(tmp_path / "a.csv", end.join([HEADER, *many, ""])))
    assert found.frames["tickets"].height == len(many)


def test_a_mark_for_utf8_before_a_file_that_is_windows_1252_is_no_part_of_the_header(tmp_path):
    content = b"\xef\xbb\xbf" + f"{HEADER},Name\n{ROWS[0]},Müller\n".encode("cp1252")
    assert rows(loaded(saved(tmp_path / "a.csv", content))[1]) == READ[:1]


# Ids that a spreadsheet has rounded


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("mangled", ["1.23457E+11", '"1,23457E+11"', "1E+11", "1.23457E+011"])
def test_a_rounded_id_is_no_key_and_the_report_says_what_to_do(tmp_path, mangled, encoding):
    lines = [HEADER, *ROWS, f"{mangled},Open,2024-01-10 09:00:00,", f"{mangled},Open,2024-01-11 09:00:00,", ""]
    path = saved(tmp_path / "a.csv", "\n".join(lines).encode(encoding))
    part, found = loaded(path)
    assert rows(found) == READ
    assert (found.read["tickets"], found.rejected["tickets"]) == (4, 2)
    assert found.rejects.select("row", "column").rows() == [(4, "Ticket ID"), (5, "Ticket ID")]
    advice = "a spreadsheet has rounded this id: export again, or format the column as text"
    assert found.rejects["reason"].to_list() == [advice, advice]
    (remark,) = part.remarks.values()
    assert (remark.code, remark.count) == ("rounded-ids", 2)
    assert "has rounded 2 of the ids in 'Ticket ID'" in remark.text


def test_a_file_of_which_every_id_was_rounded_is_refused(tmp_path, run: Run):
    lines = [HEADER, "1.23457E+11,Open,2024-01-10 09:00:00,", "1.23457E+11,Open,2024-01-11 09:00:00,", ""]
    done = run("report", saved(tmp_path / "a.csv", "\n".join(lines)), "-m", "tickets_created")
    assert done.code == console.ExitCode.DATA
    assert (
        "a spreadsheet has rounded the ids in 'Ticket ID' (1.23457E+11): export again, or format the column as text"
        in done.err
    )


def test_a_rounded_link_leads_nowhere_and_is_counted(tmp_path):
    path = saved(tmp_path / "a.csv", "survey_id,ticket_id,score\ns1,7,5\ns2,1.23457E+11,4\n")
    (part,) = open_exports([str(path)])
    found = part.load({"surveys": ["ticket_id", "score"]}, None)
    assert found.frames["surveys"]["ticket_id"].to_list() == ["7", None]
    assert found.rejects.select("row", "column").rows() == [(3, "ticket_id")]


def test_a_word_that_only_looks_a_little_like_a_rounded_number_is_an_id(tmp_path):
    ids = ["1.2E11", "A1E+11", "1.5", "E+11", "00001027", "1.23457E+1"]
    lines = [HEADER, *(f"{number},Open,2024-01-10 09:00:00," for number in ids), ""]
    _, found = loaded(saved(tmp_path / "a.csv", "\n".join(lines)))
    assert found.frames["tickets"]["ticket_id"].to_list() == ids


# Progress


def test_reading_tells_how_far_it_has_come_and_when_it_is_done(tmp_path):
    many = "".join(f"{number},Open,2024-01-08 09:00:00,1:30:00\n" for number in range(60_000))
    for encoding in ("utf-8", "utf-16"):
        path, told = saved(tmp_path / "a.csv", f"{HEADER}\n{many}".encode(encoding)), []
        (part,) = open_exports([str(path)], progress=lambda *said, told=told: told.append(said))
        part.load({"tickets": []}, None)
        size = path.stat().st_size
        assert told[0] == (str(path), 0, size, 0)
        assert told[-1] == (str(path), size, size, 60_000)
        assert len(told) > 2
        assert all(0 <= read <= size and name == str(path) for name, read, size, _ in told)
        assert [said[1] for said in told if said[1] == size] == [size]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_that_is_erased_at_the_end(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("COLUMNS", "60")
    show = console.progress()
    assert show is not None
    show("\x1b[31ma.csv", 600_000_000, 1_200_000_000, 3_200_000)
    assert "a.csv: 600 MB of 1.2 GB, 3,200,000 rows" in screen.getvalue()
    assert "\x1b[31m" not in screen.getvalue()
    assert "\n" not in screen.getvalue()
    show("a.csv", 1_200_000_000, 1_200_000_000, 6_400_000)
    assert screen.getvalue().endswith("\r\x1b[2K")


def test_what_is_said_erases_the_line_of_progress_first(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("NO_COLOR", "1")
    show = console.progress()
    assert show is not None
    show("a.csv", 1, 1 << 30, 0)
    console.note("said")
    assert screen.getvalue().endswith("\r\x1b[2Ksaid\n")


def test_small_files_read_in_no_time_show_no_progress(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    show = console.progress()
    assert show is not None
    show("a.csv", 0, 1 << 20, 0)
    show("a.csv", 1 << 20, 1 << 20, 5)
    assert screen.getvalue() == ""


def test_there_is_no_progress_where_nobody_looks_on(monkeypatch):
    assert console.progress() is None  # captured, so no terminal
    monkeypatch.setattr("sys.stderr", Terminal())
    assert console.progress(quiet=True) is None
    monkeypatch.setenv("TERM", "dumb")
    assert console.progress() is None


def test_expanding_alone_opens_nothing_but_archives(tmp_path):
    saved(tmp_path / "a.csv", b"")
    assert [item.name for item in expand([str(tmp_path / "a.csv")])] == [str(tmp_path / "a.csv")]
