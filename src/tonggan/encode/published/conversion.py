"""From a downloaded model to a pack: graphs are built, tried at both precisions, and sealed with a card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tonggan.encode import open_encoder
from tonggan.encode.pixels import Preparation
from tonggan.encode.published.card import written_card
from tonggan.encode.published.layouts import LAYOUTS, Plan, VisionPlan
from tonggan.encode.published.names import NOT_USED
from tonggan.encode.published.precision import Trial, measures, probes, quantized, require_precision, tried
from tonggan.encode.published.source import REMEDY, TOKENIZER, Source, text_rules, tokenizer_json
from tonggan.encode.published.static import MODEL2VEC, static_part
from tonggan.encode.published.text import positions, text_model
from tonggan.encode.published.vision import vision_model
from tonggan.encode.published.weights import Tower, require_no_pickle
from tonggan.encode.runtime import MODEL
from tonggan.encode.tokens import TextRules
from tonggan.errors import ConflictError, InputError, NotReadyError, unknown_name
from tonggan.packs import CARD, Origin, Pack, Part
from tonggan.packs.folder import seal
from tonggan.packs.published import PublishedPack

if TYPE_CHECKING:
    import onnx

SHARED_SPACE = {"space": "shared"}
"""Parameter of both parts of a model whose texts and pictures are comparable as they are."""


@dataclass(frozen=True, slots=True)
class Made:
    """A part that is not written yet: its files by name, and its graph where it has one."""

    part: Part
    files: Mapping[str, bytes] = field(default_factory=dict)
    graph: onnx.ModelProto | None = None


def convert(source: Path, row: PublishedPack, target: Path, *, precision: str = "auto") -> Pack:
    """Make a pack, in an empty folder, of a model downloaded in its published layout.

    Raises InputError for an unknown precision or a pickle, ConflictError where the folder is not empty, NotReadyError
    where files and row do not fit together, MissingExtraError without the extra `convert`.
    """
    require_precision(precision)
    for name in row.files:
        require_no_pickle(Path(name))
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise ConflictError(f"{target} is not empty.", remedy="Name a folder that is.")
    made = _made(Source(source), row)
    for name, each in made.items():
        _write(each, target)
        if each.part.dim != row.dim:
            raise NotReadyError(f"{row.name}: {name} has {each.part.dim} dimensions, not {row.dim}.", remedy=REMEDY)
    pack = _sealed(target, row, parts={name: each.part for name, each in made.items()})
    if precision == "float32":
        return pack
    return _in_fewer_bits(pack, row, made=made, is_chosen=precision == "int8")


def _made(source: Source, row: PublishedPack) -> dict[str, Made]:
    known = (*LAYOUTS, MODEL2VEC)
    if row.layout not in known:
        raise InputError(unknown_name("layout", row.layout, known))
    try:
        if row.layout == MODEL2VEC:
            part, files = static_part(source, row)
            return {"text": Made(part, files)}
        return _towers(source, row, LAYOUTS[row.layout](source))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        reason = f"{row.name}: its files are not of the layout '{row.layout}' ({type(error).__name__}: {error})"
        raise NotReadyError(f"{reason}.", remedy=REMEDY) from error


def _towers(source: Source, row: PublishedPack, plan: Plan) -> dict[str, Made]:
    made = {"text": _text(source, row, plan)}
    if plan.vision is not None:
        made["image"] = _vision(row, Tower(plan.weights, plan.vision.names), plan.vision)
        made = {name: replace(each, part=_with(each.part, SHARED_SPACE)) for name, each in made.items()}
    unread = plan.weights.unread(NOT_USED)
    if unread:
        told = ", ".join(unread[:3])
        raise NotReadyError(f"{row.name}: {len(unread)} weights are not understood, such as {told}.", remedy=REMEDY)
    unknown = [key for key in row.preprocessing if not any(key in each.part.parameters for each in made.values())]
    if unknown:
        raise InputError(f"{row.name}: preprocessing {', '.join(unknown)} is not known.", remedy="Correct its row.")
    return made


def _text(source: Source, row: PublishedPack, plan: Plan) -> Made:
    tower, tokenizer = Tower(plan.weights, plan.text.names, plan.text.prefix), tokenizer_json(source)
    places = positions(tower, plan.text.shape)
    said = text_rules(source, tokenizer, places=places, pad_token=plan.text.pad_token) | dict(plan.text.rules)
    said |= {"query_prefix": row.query_prefix, "document_prefix": row.document_prefix}
    graph = text_model(tower, plan.text.shape)
    parameters = _overridden(said, row.preprocessing, TextRules)
    return Made(_part("text", graph, {**parameters, "pooling": "none"}), {TOKENIZER: tokenizer}, graph)


def _vision(row: PublishedPack, tower: Tower, plan: VisionPlan) -> Made:
    graph = vision_model(tower, plan.shape)
    return Made(_part("image", graph, _overridden(plan.preparation, row.preprocessing, Preparation)), {}, graph)


def _overridden(said: Mapping[str, Any], row: Mapping[str, Any], kind: type) -> dict[str, Any]:
    known = {item.name for item in fields(kind)}
    return {**said, **{key: value for key, value in row.items() if key in known}}


def _part(name: str, graph: onnx.ModelProto, parameters: Mapping[str, Any]) -> Part:
    dim = graph.graph.output[0].type.tensor_type.shape.dim[-1].dim_value
    files = {MODEL: f"{name}.onnx"} | ({"tokenizer": TOKENIZER} if name == "text" else {})
    return Part("encoder", f"onnx-{name}", dim, files, parameters)


def _with(part: Part, parameters: Mapping[str, Any]) -> Part:
    return replace(part, parameters={**part.parameters, **parameters})


def _write(made: Made, folder: Path) -> None:
    for name, content in made.files.items():
        (folder / name).write_bytes(content)
    if made.graph is not None:
        (folder / made.part.files[MODEL]).write_bytes(made.graph.SerializeToString())


def _in_fewer_bits(pack: Pack, row: PublishedPack, *, made: Mapping[str, Made], is_chosen: bool) -> Pack:
    """Return the pack with 8-bit models where they were asked for or have won, and what was measured."""
    parts, trials = dict(pack.parts), {}
    for name, each in made.items():
        if each.graph is None:
            continue
        small = quantized(each.graph)
        part = _with(each.part, {"alone": True})
        trials[name] = _trial(pack, row, name=name, part=part, files={**each.files, part.files[MODEL]: small})
        if is_chosen or trials[name].is_won:
            (pack.folder / part.files[MODEL]).write_bytes(small)
            parts[name] = part
    return _sealed(pack.folder, row, parts=parts, trials=trials)


def _trial(pack: Pack, row: PublishedPack, *, name: str, part: Part, files: Mapping[str, bytes]) -> Trial:
    with TemporaryDirectory(dir=pack.folder.parent) as folder:
        _write(Made(part, files), Path(folder))
        other = _sealed(Path(folder), row, parts={name: part})
        return tried(open_encoder(pack, name), open_encoder(other, name), probes(name))


def _sealed(
    folder: Path, row: PublishedPack, *, parts: Mapping[str, Part], trials: Mapping[str, Trial] | None = None
) -> Pack:
    (folder / CARD).write_text(written_card(row, parts, trials=trials or {}), encoding="utf-8")
    origin = Origin(row.name, row.source, row.revision, row.licence, row.languages)
    return seal(folder, origin, parts=parts, measures=measures(trials or {}))
