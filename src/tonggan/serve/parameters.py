"""What a search may be asked, read alike from an address, a JSON body and a form; nothing unknown is ignored."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tonggan.errors import InputError, MissingExtraError

LONGEST_WORDS = 2_000
"""Characters; a shopper types fewer than a hundred, a pasted description fits."""

NOT_IN_THIS_BUILD: Mapping[str, str] = {
    "voice": "Searching by voice",
    "clip": "Searching by video clip",
    "shopper": "Personal results",
}
"""Parameters of the agreed interface that this build cannot serve; they are refused, never ignored."""


def split_list(value: Any) -> Any:
    """`a,b` as a list; a list stays as it is."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def split_weights(value: Any) -> Any:
    """`text:0.6,image:0.4` as a mapping; a mapping stays as it is."""
    if not isinstance(value, str):
        return value
    pairs = [item.partition(":") for item in value.split(",") if item.strip()]
    return {name.strip(): weight.strip() for name, _, weight in pairs}


Names = Annotated[list[str], BeforeValidator(split_list)]


class SearchParameters(BaseModel):
    """The parameters of one search, checked; lists may be written `a,b`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: str = Field("", max_length=LONGEST_WORDS, description="Words, in any language of the catalogue.")
    query_by: Names = Field([], description="Fields to match words in; all when left out.")
    filter_by: str = Field("", description="`brand:=[Apple,Sony] && price:[100..200] && tags:!=sale`")
    facet_by: Names = Field([], description="Fields to count values of.")
    max_facet_values: int | None = Field(None, ge=1, le=10_000, description="Values counted per field.")
    sort_by: str = Field("", description="`price:asc,rating:desc`; by relevance when left out.")
    page: int = Field(1, ge=1, description="Page, from 1.")
    per_page: int | None = Field(None, ge=0, le=250, description="Results on a page.")
    num_typos: int | None = Field(None, ge=0, le=2, description="Typing errors mended per word; 0 mends none.")
    undo: Names = Field([], description="Keys or kinds of interpretations that are not wanted, or `all`.")
    group_by: str = Field("", description="Field to group results by.")
    group_limit: int | None = Field(None, ge=1, le=99, description="Results kept per group.")
    pinned_hits: Names = Field([], description="Product ids to show first, in this order.")
    hidden_hits: Names = Field([], description="Product ids to leave out.")
    explain: bool = Field(False, description="Decompose each score by channel.")
    locale: str = Field("", max_length=35, description="Language of the request, `zh` or `en`.")
    image: str = Field("", description="A picture: the file in a form, base64 in JSON.")
    image_url: str = Field("", max_length=4096, description="A picture at a public http(s) address.")
    image_id: str = Field("", description="A picture of this shop, by its checksum.")
    crop: Annotated[list[float], BeforeValidator(split_list)] = Field(
        [], description="`x,y,width,height` of the part that matters, as shares from 0 to 1."
    )
    like: Names = Field([], description="Product ids to look for more of.")
    unlike: Names = Field([], description="Product ids to stay away from.")
    rating: float | None = Field(None, ge=1, le=5, description="Stars to be near of.")
    weights: Annotated[dict[str, float], BeforeValidator(split_weights)] = Field(
        {}, description="Weight of each thing given, `text:0.6,image:0.4`."
    )
    merge: str = Field("convex", description="How channels are merged, `convex` or `rrf`.")
    ranker: str = Field("", max_length=64, description="Version of a learnt ranker, or `none`; else that in use.")
    rules: str = Field("published", description="The shop's rules: `published`, `none`, or for admins `draft`.")
    override_tags: Names = Field([], description="Tags that rules may ask for, such as a campaign.")
    diversity: float | None = Field(None, ge=0, le=1, description="How much results should differ from each other.")
    most_per_brand: int | None = Field(None, ge=0, le=250, description="Leading results of one brand at most; 0: any.")
    collapse_variants: bool = Field(False, description="Show one product of those that differ in colour or size alone.")
    channels: Names = Field([], description="Channels that may speak, such as `words`; all when left out.")


def read_parameters(values: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> SearchParameters:
    """Check what came in; pairs with the same name become a list.

    Raises InputError that names the parameter and what is accepted, MissingExtraError (501) for a part that this
    build does not have.
    """
    table = dict(values) if isinstance(values, Mapping) else _gathered(values)
    for name in table:
        _check_known(name)
    try:
        parameters = SearchParameters.model_validate(table)
    except ValidationError as error:
        raise InputError(explained(error), remedy="See /docs for what each parameter accepts.") from None
    return _served(parameters)


def explained(error: ValidationError) -> str:
    """Every complaint of a validation in one line: where, what is accepted, what came."""
    return " ".join(f"{_place(item['loc'])}: {item['msg']}, not {_shown(item['input'])}." for item in error.errors())


def check_names(given: Sequence[str], known: Sequence[str]) -> None:
    """InputError for the first name that an address does not know, with the nearest that it knows."""
    for name in given:
        if name not in known:
            raise InputError(_unknown(name, known), remedy="Correct or remove it.")


def _check_known(name: str) -> None:
    if name in NOT_IN_THIS_BUILD:
        raise MissingExtraError(f"{NOT_IN_THIS_BUILD[name]} is not in this build.", remedy=f"Leave out '{name}'.")
    check_names([name], list(SearchParameters.model_fields))


def _served(parameters: SearchParameters) -> SearchParameters:
    if len(parameters.crop) not in (0, 4):
        raise InputError(
            f"crop has {len(parameters.crop)} numbers; 4 are needed.",
            remedy="Write crop=x,y,width,height with shares from 0 to 1.",
        )
    pictures = [name for name in ("image", "image_url", "image_id") if getattr(parameters, name)]
    if len(pictures) > 1:
        raise InputError(f"One picture at a time, not {' and '.join(pictures)}.", remedy="Keep one of them.")
    return parameters


def _gathered(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in pairs:
        if name in table:
            earlier = table[name]
            table[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            table[name] = value
    return table


def _unknown(name: str, known: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    return f"Unknown parameter {_shown(name)}; known: {', '.join(known)}.{hint}"


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "body"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
