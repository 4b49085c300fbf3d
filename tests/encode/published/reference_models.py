"""Tiny random models, written by the reference libraries in exactly the published layout, and what those answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers.models.chinese_clip.image_processing_pil_chinese_clip import ChineseCLIPImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from tonggan.packs.published import PublishedPack

CORPUS = [
    "red running shoes for men and women",
    "wireless bluetooth headphones, noise cancelling",
    "蓝牙耳机 无线 黑色 连衣裙 红色 夏季",
    "stainless steel water bottle 750 ml usb charger",
]
LETTERS = sorted({*"".join(CORPUS), *"abcdefghijklmnopqrstuvwxyz0123456789-'()!:_"} - {" "})
SIDE, PATCH, PLACES = 32, 8, 16
TEXT = {"hidden_size": 32, "intermediate_size": 56, "num_hidden_layers": 2, "num_attention_heads": 4}
VISION = {**TEXT, "hidden_size": 40, "image_size": SIDE, "patch_size": PATCH}


@dataclass(frozen=True)
class Reference:
    """A published folder, its row, and the reference's tokens, pixels and vectors."""

    folder: Path
    row: PublishedPack
    tokens: Callable[[str], list[int]]
    text_rows: Callable[[Sequence[str]], np.ndarray]
    pixels: Callable[[Any], np.ndarray] | None = None
    picture_rows: Callable[[Sequence[Any]], np.ndarray] | None = None


def row(layout: str, *, dim: int, files: Sequence[str] = ("model.safetensors",), **changed: Any) -> PublishedPack:
    modalities = ("text",) if layout in ("bert-sentence", "model2vec") else ("text", "image")
    return PublishedPack(
        name=f"tiny-{layout}",
        what="a tiny random model",
        source="nobody/tiny",
        revision="0" * 40,
        licence="Apache-2.0",
        size_bytes_approximate=1_000_000,
        languages=("und",),
        dim=dim,
        modalities=modalities,
        layout=layout,
        files=tuple(files),
        **changed,
    )


def siglip(folder: Path) -> Reference:
    tokenizer = siglip2_tokenizer()
    text = {**TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": PLACES}
    # Heads of the two towers stand in one space only where both are as wide.
    config = transformers.SiglipConfig(text_config=text, vision_config={**VISION, "hidden_size": 32})
    model = randomised(transformers.SiglipModel(config))
    processor = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    _save(folder, model, tokenizer, processor)
    return _two_towers(folder, model, tokenizer, processor, row=row("siglip", dim=32), padding="max_length")


def clip(folder: Path) -> Reference:
    tokenizer = clip_tokenizer()
    text = {**TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": PLACES}
    text["eos_token_id"] = tokenizer.eos_token_id
    config = transformers.CLIPConfig(text_config=text, vision_config=VISION, projection_dim=24)
    model = randomised(transformers.CLIPModel(config))
    size = {"height": SIDE, "width": SIDE}
    processor = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=size)
    _save(folder, model, tokenizer, processor)
    return _two_towers(folder, model, tokenizer, processor, row=row("clip", dim=24), padding=True)


def chinese_clip(folder: Path) -> Reference:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join([*words, "red", "shoe"]), encoding="utf-8")
    tokenizer = transformers.BertTokenizer(vocab=str(folder / "vocab.txt"), model_max_length=PLACES)
    text = {**TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": PLACES}
    config = transformers.ChineseCLIPConfig(text_config=text, vision_config=VISION, projection_dim=24)
    model = randomised(transformers.ChineseCLIPModel(config))
    processor = ChineseCLIPImageProcessorPil(size={"height": SIDE, "width": SIDE}, do_center_crop=False)
    _save(folder, model, None, processor)
    return _two_towers(folder, model, tokenizer, processor, row=row("chinese-clip", dim=24), padding=True)


def bert_sentence(folder: Path, *, is_roberta: bool) -> Reference:
    tokenizer = unigram_tokenizer(transformers.XLMRobertaTokenizer, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    kind = "XLMRoberta" if is_roberta else "Bert"
    # The first two places of XLM-RoBERTa stand for padding.
    places = PLACES + 2 if is_roberta else PLACES
    sizes = {**TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": places, "pad_token_id": 1}
    model = randomised(getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config")(**sizes)))
    _save(folder, model, tokenizer, None)
    encoded = _encoded(tokenizer, padding=True)

    def text_rows(texts: Sequence[str]) -> np.ndarray:
        inputs = encoded([f"query: {text}" for text in texts])
        with torch.no_grad():
            states = model(**inputs).last_hidden_state
        mask = inputs["attention_mask"][..., None]
        return _unit((states * mask).sum(1) / mask.sum(1))

    prefixes = {"query_prefix": "query: ", "document_prefix": "query: "}
    tokens = _tokens(tokenizer, prefix="query: ")
    return Reference(folder, row("bert-sentence", dim=32, **prefixes), tokens, text_rows)


def open_clip(folder: Path) -> Reference:
    """open_clip needs torchvision: transformers' SigLIP stands in, its weights under open_clip's and timm's names."""
    tokenizer = unigram_tokenizer(transformers.T5Tokenizer, ["<pad>", "</s>", "<unk>"], extra_ids=0)
    tokenizer.pad_token = "</s>"
    width = 48
    text = {**TEXT, "hidden_size": width, "hidden_act": "gelu", "vocab_size": len(tokenizer)}
    vision = {**VISION, "hidden_size": width, "num_attention_heads": 12, "hidden_act": "gelu"}
    text["max_position_embeddings"] = PLACES
    model = randomised(transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=vision)))
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_open_clip_names(model.state_dict()), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps(_open_clip_config(width, len(tokenizer))))
    tokenizer.save_pretrained(folder)
    processor = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    return _two_towers(
        folder, model, tokenizer, processor, row=row("open-clip", dim=width), padding="max_length", clean=_canonical
    )


def model2vec(folder: Path) -> Reference:
    from model2vec import StaticModel

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "red": 1, "shoes": 2, "蓝牙": 3, "a": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    generator = np.random.default_rng(4)
    vectors, scales = generator.normal(size=(3, 20)).astype(np.float32), generator.uniform(size=5).astype(np.float32)
    mapping = np.array([0, 1, 2, 2, 1])
    model = StaticModel(vectors, tokenizer, normalize=True, weights=scales, token_mapping=mapping)
    model.save_pretrained(folder)

    def text_rows(texts: Sequence[str]) -> np.ndarray:
        return model.encode(list(texts))

    return Reference(folder, row("model2vec", dim=20), lambda text: model.tokenize([text])[0], text_rows)


LAYOUTS: Mapping[str, Callable[[Path], Reference]] = {
    "siglip": siglip,
    "clip": clip,
    "chinese-clip": chinese_clip,
    "bert": lambda folder: bert_sentence(folder, is_roberta=False),
    "xlm-roberta": lambda folder: bert_sentence(folder, is_roberta=True),
    "open-clip": open_clip,
    "model2vec": model2vec,
}


def siglip2_tokenizer() -> Any:
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    vocabulary = {word: number for number, word in enumerate([*specials, *bytes_, *LETTERS, "▁", "re", "red"])}
    merges = [("r", "e"), ("re", "d")]
    return transformers.Siglip2Tokenizer(
        vocab=vocabulary,
        merges=merges,
        add_bos_token=False,
        add_eos_token=True,
        padding_side="right",
        model_max_length=PLACES,
    )


def clip_tokenizer() -> Any:
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=600, end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    words = dict.fromkeys([*model["vocab"], *(f"{letter}</w>" for letter in pre_tokenizers.ByteLevel.alphabet())])
    vocabulary = {word: number for number, word in enumerate([*words, "<|startoftext|>", "<|endoftext|>"])}
    merges = [tuple(merge) for merge in model["merges"]]
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=PLACES)


def unigram_tokenizer(kind: Any, specials: Sequence[str], **settings: Any) -> Any:
    pieces = [(letter, -8.0) for letter in LETTERS if letter != " "]
    vocabulary = [(word, 0.0) for word in specials] + [("▁", -5.0), *pieces, ("▁red", -3.0), ("▁shoes", -3.5)]
    return kind(vocab=vocabulary, model_max_length=PLACES, **settings)


def randomised(model: Any) -> Any:
    """Make every weight count: as they are made, biases are zero and norms are one."""
    generator = torch.Generator().manual_seed(3)
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=generator) * 0.2
        weight.data = noise + (1 if "norm" in name.lower() and name.endswith("weight") else 0)
    return model.eval()


def _save(folder: Path, *parts: Any) -> None:
    for part in parts:
        if part is not None:
            part.save_pretrained(folder)


def _two_towers(
    folder: Path,
    model: Any,
    tokenizer: Any,
    processor: Any,
    *,
    row: PublishedPack,
    padding: bool | str,
    clean: Callable[[str], str] = str,
) -> Reference:
    encoded = _encoded(tokenizer, padding=padding)

    def pixels(picture: Any) -> np.ndarray:
        return np.asarray(processor(picture, return_tensors="np")["pixel_values"][0])

    def text_rows(texts: Sequence[str]) -> np.ndarray:
        inputs = encoded([clean(text) for text in texts])
        if row.layout in ("siglip", "open-clip"):
            inputs.pop("attention_mask", None)
        with torch.no_grad():
            return _unit(_pooled(model.get_text_features(**inputs)))

    def picture_rows(pictures: Sequence[Any]) -> np.ndarray:
        given = torch.from_numpy(np.stack([pixels(picture) for picture in pictures]))
        with torch.no_grad():
            return _unit(_pooled(model.get_image_features(pixel_values=given)))

    return Reference(folder, row, _tokens(tokenizer, clean=clean), text_rows, pixels, picture_rows)


def _pooled(features: Any) -> torch.Tensor:
    return getattr(features, "pooler_output", features)


def _encoded(tokenizer: Any, *, padding: bool | str) -> Callable[[Sequence[str]], Any]:
    return lambda texts: tokenizer(
        list(texts), padding=padding, truncation=True, max_length=PLACES, return_tensors="pt"
    )


def _tokens(tokenizer: Any, *, prefix: str = "", clean: Callable[[str], str] = str) -> Callable[[str], list[int]]:
    return lambda text: tokenizer(prefix + clean(text), truncation=True, max_length=PLACES)["input_ids"]


def _unit(rows: torch.Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(rows, dim=-1).numpy()


def _canonical(text: str) -> str:
    import string

    text = text.replace("_", " ").translate(str.maketrans("", "", string.punctuation)).lower()
    return " ".join(text.split())


def _open_clip_config(width: int, vocabulary: int) -> dict[str, Any]:
    text = {"context_length": PLACES, "vocab_size": vocabulary, "width": width, "heads": 4, "layers": 2}
    text |= {"no_causal_mask": True, "proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}}
    text |= {"tokenizer_kwargs": {"clean": "canonicalize"}}
    vision = {"image_size": SIDE, "timm_model_name": "vit_base_patch16_siglip_224", "timm_model_pretrained": False}
    vision |= {"timm_pool": "map", "timm_proj": "none"}
    half = [0.5, 0.5, 0.5]
    prepared = {"mean": half, "std": half, "interpolation": "bicubic", "resize_mode": "squash"}
    model = {"embed_dim": width, "init_logit_bias": -10, "custom_text": True, "vision_cfg": vision, "text_cfg": text}
    return {"model_cfg": model, "preprocess_cfg": prepared}


@dataclass
class _Renaming:
    """Moves weights to other names, and says which are left."""

    weights: dict[str, torch.Tensor]
    named: dict[str, torch.Tensor] = field(default_factory=dict)

    def move(self, old: str, new: str, *, kinds: Sequence[str] = (".weight", ".bias")) -> None:
        for kind in kinds:
            self.named[new + kind] = self.weights.pop(old + kind)

    def join(self, old: str, new: str) -> None:
        for kind in ("weight", "bias"):
            parts = [self.weights.pop(f"{old}.{part}_proj.{kind}") for part in "qkv"]
            self.named[new + kind] = torch.cat(parts)


def _open_clip_names(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    renaming = _Renaming(dict(weights))
    for layer in range(2):
        _name_block(renaming, f"text_model.encoder.layers.{layer}.", f"text.transformer.resblocks.{layer}.", text=True)
        _name_block(renaming, f"vision_model.encoder.layers.{layer}.", f"visual.trunk.blocks.{layer}.", text=False)
    move, trunk, head = renaming.move, "visual.trunk.", "vision_model.head."
    move("text_model.embeddings.token_embedding", "text.token_embedding", kinds=[".weight"])
    move("text_model.final_layer_norm", "text.ln_final")
    move("text_model.head", "text.text_projection")
    move("vision_model.embeddings.patch_embedding", f"{trunk}patch_embed.proj")
    move("vision_model.post_layernorm", f"{trunk}norm")
    pool = f"{trunk}attn_pool."
    for old, new in (
        ("attention.out_proj", "proj"),
        ("layernorm", "norm"),
        ("mlp.fc1", "mlp.fc1"),
        ("mlp.fc2", "mlp.fc2"),
    ):
        move(head + old, pool + new)
    named, left = renaming.named, renaming.weights
    named["text.positional_embedding"] = left.pop("text_model.embeddings.position_embedding.weight")
    named[f"{trunk}pos_embed"] = left.pop("vision_model.embeddings.position_embedding.weight")[None]
    named[f"{pool}latent"] = left.pop(f"{head}probe")
    for kind in ("weight", "bias"):
        query, *others = left.pop(f"{head}attention.in_proj_{kind}").chunk(3)
        named |= {f"{pool}q.{kind}": query, f"{pool}kv.{kind}": torch.cat(others)}
    assert set(left) == {"logit_scale", "logit_bias"}
    return {name: weight.contiguous().clone() for name, weight in {**named, **left}.items()}


def _name_block(renaming: _Renaming, old: str, new: str, *, text: bool) -> None:
    names = (
        ("ln_1", "attn.out_proj", "ln_2", "mlp.c_fc", "mlp.c_proj")
        if text
        else ("norm1", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
    )
    for theirs, ours in zip(
        ("layer_norm1", "self_attn.out_proj", "layer_norm2", "mlp.fc1", "mlp.fc2"), names, strict=True
    ):
        renaming.move(old + theirs, new + ours)
    renaming.join(f"{old}self_attn", f"{new}attn.in_proj_" if text else f"{new}attn.qkv.")
