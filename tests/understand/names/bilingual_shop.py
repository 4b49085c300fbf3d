"""An invented shop of fifty products in two languages: brands in both scripts, an Apple that is a brand and apples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tonggan.catalogue.clean import clean_record
from tonggan.index import IndexSchema, View
from tonggan.index.entries import WORD_FIELDS, entry_of
from tonggan.index.exact_index import ExactIndex

PRODUCTS = """
Apple iPhone 15 smartphone 苹果手机 128GB | Apple | Electronics > Phones | Black | | | A3092
Apple iPhone 15 Pro smartphone 苹果手机 | Apple | Electronics > Phones | Blue | | | A3104
Apple MacBook Air laptop 苹果笔记本电脑 | Apple | Electronics > Laptops | Silver | Aluminium | | MC9X4
Apple AirPods Pro earbuds 苹果耳机 | Apple | Electronics > Headphones | White | | | MTJV3
Huawei Mate 60 smartphone 华为手机 | Huawei | Electronics > Phones | Green | | | ALN-AL00
Xiaomi 14 smartphone 小米手机 | Xiaomi | Electronics > Phones | White | | | 23127PN0CC
Sony WH-1000XM5 wireless headphones 索尼无线耳机 | Sony | Electronics > Headphones | Black | | | WH-1000XM5
Sony WF-C700N earbuds 索尼耳机 | Sony | Electronics > Headphones | White | | | WF-C700N
Lumo desk lamp LX-200 台灯 | Lumo | Home > Lighting & Lamps | White | Aluminium | | LX-200
Lumo floor lamp LX-310 落地灯 | Lumo | Home > Lighting & Lamps | Black | Wood | | LX-310
Lumo bedside lamp 床头灯 | Lumo | Home > Lighting & Lamps | Yellow | Ceramic | |
Red Fuji apples 1 kg 红富士苹果水果 | Green Valley | Food > Fruit > Apples | Red | | |
Green apples bag 青苹果水果 | Green Valley | Food > Fruit > Apples | Green | | |
Sweet oranges 2 kg 橙子 | Green Valley | Food > Fruit > Oranges | Orange | | |
Apple juice 1 L 苹果汁 | Green Valley | Food > Juice | | | |
Orange juice 1 L 橙汁 | Green Valley | Food > Juice | | | |
Nike running shoes men 耐克跑步鞋男 | Nike | Clothing > Shoes > Running Shoes | Black | Mesh | 42 |
Nike running shoes women 耐克跑步鞋女 | Nike | Clothing > Shoes > Running Shoes | Pink | Mesh | 38 |
Adidas sneakers 阿迪达斯运动鞋 | Adidas | Clothing > Shoes > Sneakers | White | Leather | 42 |
Adidas track jacket 阿迪达斯夹克 | Adidas | Clothing > Jackets | Navy | Polyester | L |
Kite red cotton dress 红色纯棉连衣裙 | Kite | Clothing > Dresses | Red | Cotton | M |
Kite blue silk dress 蓝色真丝连衣裙 | Kite | Clothing > Dresses | Blue | Silk | S |
Kite striped dress 条纹连衣裙 | Kite | Clothing > Dresses | White | Linen | L |
Kite floral skirt 碎花半身裙 | Kite | Clothing > Skirts | Yellow | Cotton | M |
雪鹿 羽绒服 女 加厚 | 雪鹿/Snowdeer | Clothing > Jackets > Down Jackets | Black | Nylon | XL |
雪鹿 羽绒服 男 轻薄 | 雪鹿/Snowdeer | Clothing > Jackets > Down Jackets | Navy | Nylon | L |
Snowdeer wool coat 雪鹿羊毛大衣 | 雪鹿/Snowdeer | Clothing > Coats | Grey | Wool | M |
Snowdeer kids gloves 雪鹿儿童手套 | 雪鹿/Snowdeer | Clothing > Gloves | Red | Wool | S |
Coach leather handbag 蔻驰皮包 | Coach | Bags > Handbags | Brown | Leather | |
Coach crossbody bag 蔻驰斜挎包 | Coach | Bags > Crossbody Bags | Black | Leather | |
Kite canvas backpack 帆布双肩包 | Kite | Bags > Backpacks | Green | Canvas | |
Terra ceramic mug 陶瓷马克杯 | Terra | Kitchen > Mugs | White | Ceramic | |
Terra blue ceramic mug 蓝色马克杯 | Terra | Kitchen > Mugs | Blue | Ceramic | |
Terra glass teapot 玻璃茶壶 | Terra | Kitchen > Teapots | Clear | Glass | |
Terra stainless steel kettle TK-17 不锈钢水壶 | Terra | Kitchen > Kettles | Silver | Stainless Steel | | TK-17
苏泊尔 电饭煲 SF40 | 苏泊尔 | Kitchen > Rice Cookers | White | | | SF40
苏泊尔 不粘锅 炒锅 | 苏泊尔 | Kitchen > Pans | Black | Aluminium | |
Dell XPS 13 laptop 戴尔笔记本电脑 | Dell | Electronics > Laptops | Silver | | | XPS9340
Logitech wireless mouse M185 罗技无线鼠标 | Logitech | Electronics > Mice | Grey | | | M185
Logitech mechanical keyboard 罗技机械键盘 | Logitech | Electronics > Keyboards | Black | | | K845
Oak wood dining table 橡木餐桌 | Norden | Furniture > Tables | Brown | Wood | |
Norden office chair 办公椅 | Norden | Furniture > Chairs | Black | Mesh | |
Norden leather sofa 真皮沙发 | Norden | Furniture > Sofas | Brown | Leather | |
Baby cotton blanket 婴儿毛毯 | Kite | Baby > Blankets | Pink | Cotton | |
Kids wooden puzzle 儿童拼图 | Terra | Toys > Puzzles | | Wood | |
Lotus shampoo 荷花洗发水 | 荷语 | Beauty > Shampoo | | | |
荷语 面膜 补水 face mask | 荷语 | Beauty > Face Masks | | | |
Velvet lipstick red 口红 | 荷语 | Beauty > Lipstick | Red | | |
Yoga mat purple 瑜伽垫 | Kite | Sports > Yoga Mats | Purple | | |
Trail tent green 帐篷 | Norden | Sports > Tents | Green | Nylon | |
"""
"""Title, brand, category, colour, material, size, model."""


def bilingual_records() -> list[dict[str, Any]]:
    """Return the products as a shop would import them."""
    lines = [[cell.strip() for cell in line.split("|")] for line in PRODUCTS.strip().split("\n")]
    return [_record(number, cells) for number, cells in enumerate(lines, start=1)]


def view_of(folder: Path, records: list[dict[str, Any]]) -> View:
    """Return an index of the records, cleaned as an import cleans them."""
    products = [product for record in records if (product := clean_record(record).product)]
    index = ExactIndex.create(str(folder), IndexSchema({}, dict(WORD_FIELDS), ""))
    index.apply([entry_of(product, {}) for product in products], position=1)
    view = index.view()
    index.close()
    return view


def _record(number: int, cells: list[str]) -> dict[str, Any]:
    title, brand, category, colour, material, size, model = cells
    named = {"color": colour, "material": material, "size": size, "model": model}
    attributes = {name: [value] for name, value in named.items() if value}
    return {"id": str(number), "title": title, "brand": brand, "categories": [category], "attributes": attributes}
