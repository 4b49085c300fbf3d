"""Feeds as four vendors export them, with some demo products each: something to try `tonggan import` with."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tonggan.demo.pictures import picture_path, write_picture
from tonggan.demo.products import DemoProduct, Form, demo_products
from tonggan.demo.ratings import mean_of
from tonggan.demo.vocabulary import AUDIENCES

PRODUCTS_PER_SAMPLE = 20
"""Enough to search, few enough to read."""

SHOPIFY_COLUMNS = (
    "Title", "URL handle", "Description", "Vendor", "Product category", "Tags", "Published on online store", "Status",
    "SKU", "Barcode", "Option1 name", "Option1 value", "Option2 name", "Option2 value", "Price", "Compare-at price",
    "Inventory quantity", "Product image URL", "Image position", "Image alt text", "Variant image URL",
)  # fmt: skip
GOOGLE_COLUMNS = (
    "id", "title", "description", "link", "image_link", "availability", "price", "sale_price", "brand", "gtin", "mpn",
    "product_type", "item_group_id", "color", "size", "material", "pattern",
)  # fmt: skip
TAOBAO_COLUMNS = {
    "title": "宝贝名称", "cid": "宝贝类目", "seller_cids": "店铺类目", "price": "宝贝价格", "num": "宝贝数量",
    "description": "宝贝描述", "skuProps": "销售属性组合", "propAlias": "销售属性别名", "outer_id": "商家编码",
    "barcode": "条形码", "picture": "新图片",
}  # fmt: skip

TAOBAO_COLOUR, TAOBAO_SIZE = 1627207, 20509
"""Taobao's numbers for the properties colour and size."""

SHOP_ADDRESS = "https://shop.example/products"
"""Reserved for examples: nobody answers there."""

SCHEMA_AVAILABILITY = {"in_stock": "InStock", "out_of_stock": "OutOfStock", "preorder": "PreOrder"}


def write_samples(folder: Path, *, seed: int) -> list[Path]:
    """Write the four feeds with their pictures; every feed has products that the others lack."""
    products = list(demo_products(seed=seed))
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    writers = {
        "shopify_products_export.csv": shopify_csv,
        "google_merchant.tsv": google_tsv,
        "taobao_assistant.csv": taobao_csv,
        "products.jsonld": json_ld,
    }
    paths: list[Path] = []
    for place, (name, write) in enumerate(writers.items()):
        chosen = products[place :: len(products) // PRODUCTS_PER_SAMPLE][:PRODUCTS_PER_SAMPLE]
        _write_pictures(folder, chosen)
        paths.append(folder / name)
        paths[-1].write_bytes(write(chosen))
    return paths


def shopify_csv(products: Sequence[DemoProduct]) -> bytes:
    """Rows joined by handle; the first row of a product has what is true of all."""
    rows = [_shopify_row(product, place) for product in products for place in range(len(product.forms))]
    return _table(SHOPIFY_COLUMNS, rows, delimiter=",").encode()


def google_tsv(products: Sequence[DemoProduct]) -> bytes:
    """One row per form; the usual price and the sale price carry their currency."""
    rows = [_google_row(product, form) for product in products for form in product.forms]
    return _table(GOOGLE_COLUMNS, rows, delimiter="\t").encode()


def taobao_csv(products: Sequence[DemoProduct]) -> bytes:
    """Tabs in UTF-16 with a version line, then names in English, then in Chinese; forms are packed into one cell."""
    table = _table(tuple(TAOBAO_COLUMNS), [_taobao_row(product) for product in products], delimiter="\t")
    header, rest = table.split("\n", 1)
    return "\n".join(["version 1.00", header, "\t".join(TAOBAO_COLUMNS.values()), rest]).encode("utf-16")


def json_ld(products: Sequence[DemoProduct]) -> bytes:
    """A schema.org graph; a product of several forms is a ProductGroup."""
    graph = {"@context": "https://schema.org", "@graph": [_schema_product(product) for product in products]}
    return json.dumps(graph, ensure_ascii=False, indent=1).encode()


def _shopify_row(product: DemoProduct, place: int) -> dict[str, str]:
    form = product.forms[place]
    first = _shopify_first(product) if place == 0 else {}
    options = _options(product, form)
    named = {f"Option{number} name": name for number, (name, _) in enumerate(options, start=1)}
    valued = {f"Option{number} value": value for number, (_, value) in enumerate(options, start=1)}
    return {
        "URL handle": _handle(product),
        **first,
        **(named if place == 0 else {}),
        **valued,
        "SKU": form.sku,
        "Barcode": form.gtin,
        "Price": _yuan(form.price_minor),
        "Compare-at price": _yuan(form.list_price_minor) if form.list_price_minor else "",
        "Inventory quantity": str(form.inventory),
        "Variant image URL": _picture(product, form) if len(product.colours) > 1 else "",
    }


def _shopify_first(product: DemoProduct) -> dict[str, str]:
    return {
        "Title": str(product.title),
        "Description": f"<p>{product.description.english}</p><p>{product.description.chinese}</p>",
        "Vendor": str(product.brand),
        "Product category": _category(product),
        "Tags": ", ".join(product.kind.tags),
        "Published on online store": "TRUE",
        "Status": "Active",
        "Product image URL": _picture(product, product.forms[0]),
        "Image position": "1",
        "Image alt text": str(product.title),
    }


def _google_row(product: DemoProduct, form: Form) -> dict[str, str]:
    usual, sale = form.list_price_minor or form.price_minor, form.price_minor if form.list_price_minor else None
    return {
        "id": form.id,
        "title": str(product.title),
        "description": _description(product),
        "link": f"{SHOP_ADDRESS}/{_handle(product)}",
        "image_link": _picture(product, form),
        "availability": form.availability,
        "price": f"{_yuan(usual)} CNY",
        "sale_price": f"{_yuan(sale)} CNY" if sale else "",
        "brand": str(product.brand),
        "gtin": form.gtin,
        "mpn": form.sku,
        "product_type": _category(product),
        "item_group_id": product.id if len(product.forms) > 1 else "",
        "color": str(form.colour.name) if form.colour else "",
        "size": form.value,
        "material": str(product.material.name) if product.material else "",
        "pattern": str(product.pattern.name),
    }


def _taobao_row(product: DemoProduct) -> dict[str, str]:
    first = product.forms[0]
    options = [option for form in product.forms for option in _taobao_options(product, form)]
    return {
        "title": str(product.title),
        "cid": "50000000",
        "seller_cids": "",
        "price": _yuan(min(form.price_minor for form in product.forms)),
        "num": str(sum(form.inventory for form in product.forms)),
        "description": f"<p>{product.description.chinese}</p><p>{product.description.english}</p>",
        "skuProps": "".join(_taobao_form(product, form) for form in product.forms) if len(product.forms) > 1 else "",
        "propAlias": "".join(f"{number}:{code}:{text};" for number, code, text in dict.fromkeys(options)),
        "outer_id": product.id,
        "barcode": first.gtin,
        "picture": _picture(product, first),
    }


def _taobao_form(product: DemoProduct, form: Form) -> str:
    """One form as `price:stock:sku:property:value;`, with another `property:value;` for each further option."""
    codes = ";".join(f"{number}:{code}" for number, code, _ in _taobao_options(product, form))
    return f"{_yuan(form.price_minor)}:{form.inventory}:{form.sku}:{codes};"


def _taobao_options(product: DemoProduct, form: Form) -> list[tuple[int, int, str]]:
    """Property, code and text of each option; Taobao numbers a seller's own values from -1001 downwards."""
    colour = form.colour or product.colours[0]
    found = [(TAOBAO_COLOUR, -1001 - product.colours.index(colour), str(colour.name))]
    if form.value:
        found.append((TAOBAO_SIZE, -2001 - product.forms.index(form), form.value))
    return found


def _schema_product(product: DemoProduct) -> dict[str, Any]:
    shared = {
        "name": str(product.title),
        "description": _description(product),
        "brand": {"@type": "Brand", "name": str(product.brand)},
        "category": _category(product),
        "material": str(product.material.name) if product.material else None,
        "aggregateRating": _schema_rating(product),
        "keywords": ", ".join(product.kind.tags),
        "audience": str(AUDIENCES[product.kind.audience]) if product.kind.audience else None,
    }
    told = {name: value for name, value in shared.items() if value}
    forms = [_schema_form(product, form) for form in product.forms]
    if len(forms) == 1:
        return {"@type": "Product", "productID": product.id, **told, **forms[0]}
    return {"@type": "ProductGroup", "productGroupID": product.id, **told, "hasVariant": forms}


def _schema_form(product: DemoProduct, form: Form) -> dict[str, Any]:
    offer = {
        "@type": "Offer",
        "price": _yuan(form.price_minor),
        "priceCurrency": "CNY",
        "availability": f"https://schema.org/{SCHEMA_AVAILABILITY[form.availability]}",
    }
    cells = {
        "@type": "Product",
        "sku": form.sku,
        "gtin13": form.gtin,
        "color": str(form.colour.name) if form.colour else "",
        "size": form.value,
        "image": _picture(product, form),
        "offers": offer,
    }
    return {name: value for name, value in cells.items() if value}


def _schema_rating(product: DemoProduct) -> dict[str, Any] | None:
    if not product.histogram:
        return None
    mean, count = mean_of(product.histogram), sum(product.histogram)
    return {"@type": "AggregateRating", "ratingValue": mean, "ratingCount": count}


def _options(product: DemoProduct, form: Form) -> list[tuple[str, str]]:
    colour = [("Color", str(form.colour.name))] if form.colour else []
    return [*colour, *([(form.option.capitalize(), form.value)] if form.option else [])]


def _write_pictures(folder: Path, products: Sequence[DemoProduct]) -> None:
    for product in products:
        for colour in product.colours:
            write_picture(folder, product, colour)


def _picture(product: DemoProduct, form: Form) -> str:
    return picture_path(product, form.colour or product.colours[0])


def _description(product: DemoProduct) -> str:
    return f"{product.description.english} {product.description.chinese}"


def _category(product: DemoProduct) -> str:
    return f"{product.kind.department.name.english} > {product.kind.category.english}"


def _handle(product: DemoProduct) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in product.title.english.lower()).split()
    return "-".join([*words, product.id.lower()])


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _table(columns: Sequence[str], rows: Sequence[dict[str, str]], *, delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, delimiter=delimiter, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
