"""The published layouts: from configuration files to what the builders need. A layout is a function of `LAYOUTS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tonggan.encode.published.graph import Blocks
from tonggan.encode.published.names import (
    BERT_TEXT,
    CHINESE_CLIP_TEXT,
    CLIP_TEXT,
    CLIP_VISION,
    OPEN_CLIP_TEXT,
    SIGLIP_TEXT,
    SIGLIP_VISION,
    TIMM_VISION,
)
from tonggan.encode.published.source import Source, preparation
from tonggan.encode.published.text import TextShape
from tonggan.encode.published.vision import VisionShape
from tonggan.encode.published.weights import TowerNames, Weights
from tonggan.errors import NotReadyError, unknown_name

_BLOCKS: Final[dict[str, Any]] = {"num_hidden_layers": 12, "num_attention_heads": 12}
_SIGLIP: Final = _BLOCKS | {"hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6}
_CLIP: Final = _BLOCKS | {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}
_BERT: Final = _BLOCKS | {"hidden_act": "gelu", "layer_norm_eps": 1e-12}
_LEGACY_EOS = 2
"""CLIP's configuration said 2 for long while the end token was the last of the vocabulary; both are read as that."""

_COUNTS_FROM_PADDING: Final = ("roberta", "xlm-roberta", "camembert")
"""Model types whose first token has the place after the padding token's number."""

_TIMM_TOWERS: Final = {"vit_base_patch16_siglip": (12, "gelu"), "vit_large_patch16_siglip": (16, "gelu")}
"""Heads and activation of timm's towers, by name without the side of the picture."""

_TIMM_EPSILON = 1e-6
"""timm's vision transformers have no other."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """How to build a text tower; `rules` override what the tokenizer's files say."""

    names: TowerNames
    shape: TextShape
    prefix: str = ""
    pad_token: int = 0
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VisionPlan:
    """How to build a picture tower, and how pictures are prepared for it."""

    names: TowerNames
    shape: VisionShape
    preparation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build of a model."""

    weights: Weights
    text: TextPlan
    vision: VisionPlan | None = None


def siglip(source: Source) -> Plan:
    """SigLIP and SigLIP 2 of fixed resolution, as transformers publishes them."""
    config = source.table("config.json")
    text, vision = _SIGLIP | config["text_config"], _SIGLIP | {"image_size": 224, "patch_size": 16}
    vision |= config["vision_config"]
    is_canonical = source.optional_table("tokenizer_config.json").get("tokenizer_class") == "SiglipTokenizer"
    rules = {"padding": "maximum", "padding_side": "right", "lower_case": True}
    rules |= {"drop_punctuation": is_canonical, "single_spaces": is_canonical}
    return Plan(
        source.weights("model.safetensors"),
        TextPlan(SIGLIP_TEXT, TextShape(_blocks(text), pooling="last"), pad_token=1, rules=rules),
        _vision_plan(source, vision, SIGLIP_VISION),
    )


def clip(source: Source) -> Plan:
    """CLIP, as transformers publishes it."""
    config = source.table("config.json")
    text = _CLIP | {"num_attention_heads": 8, "vocab_size": 49_408, "eos_token_id": _LEGACY_EOS} | config["text_config"]
    vision = _CLIP | {"image_size": 224, "patch_size": 32} | config["vision_config"]
    legacy = text["eos_token_id"] == _LEGACY_EOS
    eos = text["vocab_size"] - 1 if legacy else text["eos_token_id"]
    shape = TextShape(_blocks(text), pooling="eos", is_causal=True, eos_token=eos)
    return Plan(
        source.weights("model.safetensors"),
        TextPlan(CLIP_TEXT, shape, rules={"padding_side": "right"}),
        _vision_plan(source, vision, CLIP_VISION),
    )


def chinese_clip(source: Source) -> Plan:
    """Chinese-CLIP, as transformers publishes it: CLIP's picture tower beside a BERT."""
    config = source.table("config.json")
    text = _BERT | config["text_config"]
    vision = _CLIP | {"image_size": 224, "patch_size": 32} | config["vision_config"]
    shape = TextShape(_blocks(text, is_pre_norm=False), pooling="cls", has_mask=True)
    return Plan(
        source.weights("model.safetensors"),
        TextPlan(CHINESE_CLIP_TEXT, shape, pad_token=text.get("pad_token_id") or 0),
        _vision_plan(source, vision, CLIP_VISION),
    )


def bert_sentence(source: Source) -> Plan:
    """Sentence models over BERT or XLM-RoBERTa, as transformers and sentence-transformers publish them."""
    config = _BERT | source.table("config.json")
    pad = config.get("pad_token_id") or 0
    first = pad + 1 if config.get("model_type") in _COUNTS_FROM_PADDING else 0
    weights = source.weights("model.safetensors")
    known = [name for name in ("bert.", "roberta.") if f"{name}embeddings.LayerNorm.weight" in weights]
    shape = TextShape(
        _blocks(config, is_pre_norm=False), pooling=_sentence_pooling(source), has_mask=True, first_position=first
    )
    return Plan(weights, TextPlan(BERT_TEXT, shape, prefix=known[0] if known else "", pad_token=pad))


def open_clip(source: Source) -> Plan:
    """Two towers as open_clip publishes them: its own for text, timm's with an attending probe for pictures."""
    config = source.table("open_clip_config.json")
    model, prepared = config["model_cfg"], config.get("preprocess_cfg", {})
    text, vision = model["text_cfg"], model["vision_cfg"]
    if vision.get("timm_pool") != "map" or vision.get("timm_proj", "none") not in ("none", ""):
        raise NotReadyError("Its picture tower is not one of SigLIP's shape.", remedy="This model cannot be converted.")
    weights = source.weights("open_clip_model.safetensors")
    activation = "gelu_tanh" if text.get("act_kwargs", {}).get("approximate") == "tanh" else "gelu"
    blocks = Blocks(text["layers"], text["heads"], activation, text.get("norm_kwargs", {}).get("eps", 1e-5))
    shape = TextShape(blocks, pooling=text.get("pool_type", "argmax"), is_causal=not text.get("no_causal_mask", False))
    side = vision["image_size"]
    return Plan(
        weights,
        TextPlan(OPEN_CLIP_TEXT, shape, pad_token=1, rules=_open_clip_rules(text)),
        VisionPlan(TIMM_VISION, _timm_shape(weights, vision), _open_clip_preparation(prepared, side)),
    )


LAYOUTS: Final[Mapping[str, Callable[[Source], Plan]]] = {
    "siglip": siglip,
    "clip": clip,
    "chinese-clip": chinese_clip,
    "bert-sentence": bert_sentence,
    "open-clip": open_clip,
}
"""What a row's `layout` may be, beside `model2vec`, which has no graph."""


def _blocks(config: Mapping[str, Any], *, is_pre_norm: bool = True) -> Blocks:
    return Blocks(
        count=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        activation=config["hidden_act"],
        epsilon=config["layer_norm_eps"],
        is_pre_norm=is_pre_norm,
    )


def _vision_plan(source: Source, config: Mapping[str, Any], names: TowerNames) -> VisionPlan:
    shape = VisionShape(_blocks(config), side=config["image_size"], patch=config["patch_size"])
    return VisionPlan(names, shape, preparation(source.table("preprocessor_config.json")))


def _sentence_pooling(source: Source) -> str:
    """Return the pooling that sentence-transformers would use; the mean where the model does not say."""
    table = source.optional_table("1_Pooling/config.json")
    said = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "pooling_mode_lasttoken": "last"}
    return next((pooling for key, pooling in said.items() if table.get(key)), "mean")


def _timm_shape(weights: Weights, vision: Mapping[str, Any]) -> VisionShape:
    """Return the shape of a timm tower, whose configuration is a name; depth and patch are those of the weights."""
    family = vision["timm_model_name"].rsplit("_", 1)[0]
    if family not in _TIMM_TOWERS:
        raise NotReadyError(unknown_name("timm tower", family, _TIMM_TOWERS), remedy="This model cannot be converted.")
    count = 0
    while f"{TIMM_VISION.block.format(layer=count)}norm1.weight" in weights:
        count += 1
    heads, activation = _TIMM_TOWERS[family]
    patch = weights.shape(f"{TIMM_VISION.outer['patch']}.weight")[-1]
    return VisionShape(Blocks(count, heads, activation, _TIMM_EPSILON), vision["image_size"], patch)


def _open_clip_rules(text: Mapping[str, Any]) -> dict[str, Any]:
    """Return how open_clip cleans text, always to its full length; HTML entities are left as they are."""
    cleaning = text.get("tokenizer_kwargs", {}).get("clean", "whitespace")
    is_canonical = cleaning == "canonicalize"
    return {
        "maximum_tokens": text.get("context_length", 77),
        "padding": "maximum",
        "padding_side": "right",
        "lower_case": is_canonical or cleaning == "lower",
        "drop_punctuation": is_canonical,
        "single_spaces": True,
    }


def _open_clip_preparation(prepared: Mapping[str, Any], side: int) -> dict[str, Any]:
    mode = prepared.get("resize_mode", "shortest")
    if mode not in ("squash", "shortest"):
        raise NotReadyError(unknown_name("resize_mode", mode, ("squash", "shortest")), remedy="Choose another model.")
    return {
        "size": [side, side],
        "resize": mode,
        "resampling": prepared.get("interpolation", "bicubic"),
        "mean": list(prepared.get("mean", (0.5, 0.5, 0.5))),
        "std": list(prepared.get("std", (0.5, 0.5, 0.5))),
    }
