"""Which reader a file belongs to, and its frames.

Every shape of every reader is asked whether the file is its own, by the headers or keys alone. One claim decides; of
several, the one whose signature strictly contains all others'. Anything else is an error that says what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from cs_metrics import discovery, readers
from cs_metrics.errors import DataError, NoExportError, UsageError, did_you_mean
from cs_metrics.readers._base import Fitted, Reader, Shape
from cs_metrics.readers._csv import CsvTable, read_csv_head
from cs_metrics.readers._files import Input, Progress, read_head
from cs_metrics.readers._inputs import expand
from cs_metrics.readers._json import JsonFile, JsonTable
from cs_metrics.readers._load import FilePart, Loaded, Table, known_headers
from cs_metrics.readers._parquet import PARQUET_MAGIC, ParquetTable
from cs_metrics.readers._remarks import on_passed_over
from cs_metrics.readers.mapped import load_map

__all__ = ["FilePart", "Input", "Loaded", "all_readers", "expand", "open_exports", "open_table"]

PLUGIN_GROUP = "cs_metrics.readers"
_LONG = 60  # characters of a header that a message shows


@cache
def all_readers() -> dict[str, Reader]:
    """Every reader by its public name: the modules of this folder, then what installed packages register."""
    names = discovery.module_names(readers)
    ours = {name: discovery.load_module(readers, name).READER for name in names}
    return ours | {name: module.READER for name, module in discovery.plugin_modules(PLUGIN_GROUP).items()}


def open_exports(
    files: Sequence[str],
    reader: str | None = None,
    maps: Sequence[Path] = (),
    day_first: bool | None = None,
    progress: Progress | None = None,
) -> list[FilePart]:
    """The files bound to the shapes that claim them, in the order given.

    `reader` restricts the choice to one reader; `maps` are YAML maps that come before it; `day_first` decides on dates
    that could have the day or the month first; `progress` is told how far reading has come. Files of a folder or an
    archive that are no exports are passed over with a remark, as long as something in it is one; a damaged one is not.
    Raises `DataError`, `UsageError`, `DefinitionError`.
    """
    if reader is not None and reader not in all_readers():
        raise UsageError(f"there is no reader '{reader}'.{did_you_mean(reader, all_readers())} See: cs-metrics readers")
    mapped_shapes = [load_map(path) for path in maps]
    parts: list[FilePart] = []
    passed_over: dict[str, NoExportError] = {}
    for item in expand(files, progress):
        try:
            parts.append(replace(_identify(item, reader, mapped_shapes), day_first=day_first))
        except NoExportError as error:
            if not item.from_folder:
                raise
            passed_over[item.name] = error
    if not parts:
        folders = ", ".join(files)
        why = "\n".join(map(str, passed_over.values()))
        raise DataError(f"{folders}: no file in it is an export that a reader knows\n{why}")
    for said in on_passed_over([*passed_over]):
        parts[0].remarks[said.text] = said
    return parts


def open_table(item: Input) -> Table:
    """The file as text columns without asking any reader: JSON records as they lie at the top. Raises `DataError`."""
    head = read_head(item)
    if head.startswith(PARQUET_MAGIC):
        return ParquetTable(item)
    if _is_json(head):
        return JsonTable(JsonFile(item), (), {})
    return _csv_table(item, head)


def _identify(item: Input, only: str | None, maps: Sequence[tuple[str, Shape]]) -> FilePart:
    head = read_head(item)
    item.tell(0, 0)
    shapes = [(name, shape) for name, reader in all_readers().items() for shape in reader.shapes]
    shapes = [*maps, *((name, shape) for name, shape in shapes if only in (None, name))]
    tables = _tables(item, head, [shape for _, shape in shapes])
    claims = [
        (name, shape, table, claim)
        for (name, shape), table in zip(shapes, tables, strict=True)
        if table is not None and (claim := shape.claim(shape.folded(table.headers)))
    ]
    mapped = [claim for claim in claims if any(claim[1] is shape for _, shape in maps)]
    best = mapped or [c for c in claims if all(c is other or c[3] > other[3] for other in claims)]
    if len(best) == 1:
        name, shape, table, _ = best[0]
        shape = replace(shape.of(table.headers), kind="json" if isinstance(table, JsonTable) else "csv")
        if isinstance(table, JsonTable):
            table.look_for(known_headers(shape))
        fitted = shape.fit(table) if shape.fit else Fitted(shape.frames)
        part = FilePart(item, name, replace(shape, frames=fitted.frames), table, item.source or name)
        part.remarks |= {remark.text: remark for remark in fitted.remarks}
        return part
    if best or claims:
        claimants = " and ".join(f"{name} ({shape.name})" for name, shape, _, _ in best or claims)
        raise DataError(f"{item.name}: {claimants} both claim this file; say which with --reader NAME")
    seen = next((table for table in tables if table is not None), None) or open_table(item)
    if any(table is not None and not table.headers for table in tables):
        raise NoExportError(f"{item.name}: there are no records in it")
    raise NoExportError(_unclaimed(item, seen.headers, only, maps))


def _tables(item: Input, head: bytes, shapes: Sequence[Shape]) -> list[Table | None]:
    """For each shape the file as that shape would see it, None where it is another kind of file."""
    if head.startswith(PARQUET_MAGIC):
        parquet = ParquetTable(item)
        return [parquet if shape.kind != "json" else None for shape in shapes]
    if not _is_json(head):
        table = _csv_table(item, head)
        return [table if shape.kind != "json" else None for shape in shapes]
    file = JsonFile(item)
    seen: dict[tuple[str, ...], JsonTable] = {}
    tables: list[Table | None] = []
    for shape in shapes:
        if shape.kind == "csv":
            tables.append(None)
            continue
        key = (*shape.wrappers, "|", *shape.joined)
        if key not in seen:
            seen[key] = JsonTable(file, shape.wrappers, shape.joined)
        tables.append(seen[key])
    return tables


def _csv_table(item: Input, head: bytes) -> CsvTable:
    table = read_csv_head(item, head)
    if not table.headers:
        raise NoExportError(f"{item.name}: the file has no header row")
    return table


def _is_json(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n")[:2]
    return start[:1] == b"{" or (start[:1] == b"[" and not start[1:2].isalpha())


def _unclaimed(item: Input, headers: Sequence[str], only: str | None, maps: Sequence[tuple[str, Shape]]) -> str:
    first = (" ".join(header.split()) for header in headers[:12])  # headers may be questions of several lines
    shown = ", ".join(name if len(name) <= _LONG else f"{name[:_LONG]}…" for name in first)
    shown += f", … ({len(headers)} in all)" if len(headers) > 12 else ""
    if only is not None:
        return f"{item.name}: this is not a file that the reader '{only}' knows; it has the columns: {shown}"
    folded = {header.casefold() for header in headers}
    for _, shape in maps:
        lacking = ", ".join(sorted(shape.signatures[0] - folded))
        return f"{item.name}: the map {shape.name} does not fit, for this file has no {lacking}; it has: {shown}"
    likeness = [
        (len(signature & folded) / len(signature), name)
        for name, reader in all_readers().items()
        for shape in reader.shapes
        for signature in shape.signatures
    ]
    share, nearest = max(likeness, default=(0.0, ""))
    hint = f" It is nearest to {nearest}." if share >= 0.5 else ""
    return (
        f"{item.name}: no reader knows this file; it has the columns: {shown}.{hint} "
        f"To map it yourself: cs-metrics inspect {item.name} --write-map my-map.yml"
    )
