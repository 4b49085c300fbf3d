"""What each published layout calls its weights, by our names for them; the only place where layouts differ in names."""

from __future__ import annotations

from tonggan.encode.published.weights import TowerNames

_TRANSFORMERS_BLOCK = {
    "attention_norm": "layer_norm1",
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "output": "self_attn.out_proj",
    "feed_norm": "layer_norm2",
    "up": "mlp.fc1",
    "down": "mlp.fc2",
}

_BERT_BLOCK = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "feed_norm": "output.LayerNorm",
}

SIGLIP_VISION = TowerNames(
    block="vision_model.encoder.layers.{layer}.",
    inner=_TRANSFORMERS_BLOCK,
    outer={
        "patch": "vision_model.embeddings.patch_embedding",
        "position": "vision_model.embeddings.position_embedding.weight",
        "post_norm": "vision_model.post_layernorm",
        "probe": "vision_model.head.probe",
        "pool_query_key_value": "vision_model.head.attention.in_proj_",
        "pool_output": "vision_model.head.attention.out_proj",
        "pool_norm": "vision_model.head.layernorm",
        "pool_up": "vision_model.head.mlp.fc1",
        "pool_down": "vision_model.head.mlp.fc2",
    },
)

SIGLIP_TEXT = TowerNames(
    block="text_model.encoder.layers.{layer}.",
    inner=_TRANSFORMERS_BLOCK,
    outer={
        "tokens": "text_model.embeddings.token_embedding",
        "position": "text_model.embeddings.position_embedding.weight",
        "final_norm": "text_model.final_layer_norm",
        "projection": "text_model.head",
    },
)

CLIP_VISION = TowerNames(
    block="vision_model.encoder.layers.{layer}.",
    inner=_TRANSFORMERS_BLOCK,
    outer={
        "patch": "vision_model.embeddings.patch_embedding",
        "class_token": "vision_model.embeddings.class_embedding",
        "position": "vision_model.embeddings.position_embedding.weight",
        "pre_norm": "vision_model.pre_layrnorm",
        "post_norm": "vision_model.post_layernorm",
        "projection": "visual_projection",
    },
)

CLIP_TEXT = TowerNames(
    block=SIGLIP_TEXT.block,
    inner=_TRANSFORMERS_BLOCK,
    outer={**SIGLIP_TEXT.outer, "projection": "text_projection"},
)

BERT_TEXT = TowerNames(
    block="encoder.layer.{layer}.",
    inner=_BERT_BLOCK,
    outer={
        "tokens": "embeddings.word_embeddings",
        "position": "embeddings.position_embeddings.weight",
        "type": "embeddings.token_type_embeddings.weight",
        "embedding_norm": "embeddings.LayerNorm",
    },
)

CHINESE_CLIP_TEXT = TowerNames(
    block=f"text_model.{BERT_TEXT.block}",
    inner=_BERT_BLOCK,
    outer={key: f"text_model.{name}" for key, name in BERT_TEXT.outer.items()} | {"projection": "text_projection"},
)

OPEN_CLIP_TEXT = TowerNames(
    block="text.transformer.resblocks.{layer}.",
    inner={
        "attention_norm": "ln_1",
        "query_key_value": "attn.in_proj_",
        "output": "attn.out_proj",
        "feed_norm": "ln_2",
        "up": "mlp.c_fc",
        "down": "mlp.c_proj",
    },
    outer={
        "tokens": "text.token_embedding",
        "position": "text.positional_embedding",
        "final_norm": "text.ln_final",
        "projection": "text.text_projection",
    },
)

TIMM_VISION = TowerNames(
    block="visual.trunk.blocks.{layer}.",
    inner={
        "attention_norm": "norm1",
        "query_key_value": "attn.qkv",
        "output": "attn.proj",
        "feed_norm": "norm2",
        "up": "mlp.fc1",
        "down": "mlp.fc2",
    },
    outer={
        "patch": "visual.trunk.patch_embed.proj",
        "position": "visual.trunk.pos_embed",
        "post_norm": "visual.trunk.norm",
        "probe": "visual.trunk.attn_pool.latent",
        "pool_query": "visual.trunk.attn_pool.q",
        "pool_key_value": "visual.trunk.attn_pool.kv",
        "pool_output": "visual.trunk.attn_pool.proj",
        "pool_norm": "visual.trunk.attn_pool.norm",
        "pool_up": "visual.trunk.attn_pool.mlp.fc1",
        "pool_down": "visual.trunk.attn_pool.mlp.fc2",
    },
)

NOT_USED = ("logit_scale", "logit_bias", "position_ids", "pooler.dense.weight", "pooler.dense.bias")
"""Ends of names that serve training or another task; any other weight that stays unread stops the conversion."""
