"""An invented shop in both languages, indexed, and what it suggests."""

from __future__ import annotations

from pathlib import Path

from tonggan.index import IndexSchema, View, index_adapter
from tonggan.index.entries import WORD_FIELDS, entry_of
from tonggan.records import Product, Rating

CATALOGUE = """
Red Cotton Summer Dress|Lumo|Women > Dresses|red|310
Blue Linen Maxi Dress|Lumo|Women > Dresses|blue|120
Black Evening Dress with Lace|Nomad|Women > Dresses|black|45
Floral Wrap Dress|Nomad|Women > Dresses||80
Leather Ankle Boots|Nomad|Women > Shoes|brown|60
White Running Shoes for Women|Strida|Women > Shoes|white|220
Men's Trail Running Shoes|Strida|Men > Shoes|grey|400
Oxford Leather Shoes, Handmade|Corvo|Men > Shoes|brown|33
Slim Fit Denim Jeans|Corvo|Men > Jeans|blue|150
Waterproof Rain Jacket with Hood|Strida|Men > Jackets|green|95
Wireless Noise Cancelling Headphones QX-700|Sonara|Audio > Headphones|black|990
Wired Studio Headphones QX-200|Sonara|Audio > Headphones|black|75
Bluetooth Speaker Mini|Sonara|Audio > Speakers|red|340
Waterproof Bluetooth Speaker Max|Boomly|Audio > Speakers|blue|51
USB-C Fast Charger 65W|Voltix|Phones > Chargers|white|700
USB-C Cable 2 m|Voltix|Phones > Cables|black|1200
Phone Case for Astra 12, Clear|Voltix|Phones > Cases|clear|88
Astra 12 Pro Smartphone 256GB|Astra|Phones > Smartphones|black|640
Astra 11 Smartphone 128GB|Astra|Phones > Smartphones|white|510
Ceramic Coffee Mug|Kite|Kitchen > Mugs|white|67
Blue Ceramic Mug with Lid|Kite|Kitchen > Mugs|blue|20
Stainless Steel Water Bottle|Kite|Kitchen > Bottles|silver|260
Espresso Coffee Machine|Barista|Kitchen > Coffee Machines|silver|180
Coffee Grinder, Manual|Barista|Kitchen > Grinders|black|44
Cast Iron Frying Pan|Barista|Kitchen > Pans|black|130
Wooden Dining Table|Hjem|Furniture > Tables|brown|25
Foldable Garden Chair|Hjem|Furniture > Chairs|green|18
LED Desk Lamp|Hjem|Furniture > Lamps|white|210
红色碎花连衣裙|伊裳|女装 > 连衣裙|红色|860
黑色雪纺连衣裙|伊裳|女装 > 连衣裙|黑色|430
白色蕾丝长裙|伊裳|女装 > 半身裙|白色|90
女士羊毛衫|伊裳|女装 > 毛衣|灰色|70
星耀手机 5G 全网通|星耀|数码 > 手机|黑色|2300
星耀手机 青春版|星耀|数码 > 手机|蓝色|800
透明手机壳|护卫|数码 > 手机壳|透明|520
硅胶手机壳 防摔|护卫|数码 > 手机壳|黑色|310
无线蓝牙耳机|声悦|数码 > 耳机|白色|990
头戴式降噪耳机|声悦|数码 > 耳机|黑色|240
快充充电宝 20000毫安|电力|数码 > 充电宝|白色|660
机械键盘 红轴|键客|电脑 > 键盘|黑色|145
无线鼠标 静音|键客|电脑 > 鼠标|黑色|230
不锈钢保温杯|暖暖|家居 > 保温杯|银色|410
陶瓷马克杯|暖暖|家居 > 马克杯|白色|77
可爱儿童水杯|暖暖|家居 > 水杯|蓝色|55
男士运动鞋 透气|疾风|鞋靴 > 运动鞋|灰色|350
女士高跟鞋|疾风|鞋靴 > 高跟鞋|红色|66
儿童雨衣|小象|童装 > 雨衣|黄色|22
纯棉四件套|眠眠|家纺 > 四件套|粉色|180
实木餐桌|木里|家具 > 餐桌|棕色|31
护眼台灯|木里|家具 > 台灯|白色|205
"""


def suggestion_products() -> list[Product]:
    """Fifty products, numbered from `p01`."""
    rows = [line.split("|") for line in CATALOGUE.strip().splitlines()]
    return [
        Product(
            id=f"p{number:02}",
            title=title,
            brand=brand,
            categories=(category,),
            rating=Rating(4.5, int(raters)),
            attributes={"color": (colour,)} if colour else {},
        )
        for number, (title, brand, category, colour, raters) in enumerate(rows, start=1)
    ]


def suggestion_view(folder: Path, products: list[Product] | None = None, *, adapter: str = "exact") -> View:
    """The products, or the fifty ones, in an index without vectors."""
    index = index_adapter(adapter).create(str(folder), IndexSchema({}, WORD_FIELDS, "suggestions"))
    wanted = suggestion_products() if products is None else products
    index.apply([entry_of(product, {}) for product in wanted], position=1)
    return index.view()
