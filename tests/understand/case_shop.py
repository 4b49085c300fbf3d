"""An invented shop in two languages with a little of everything that shoppers ask about, as a merchant would import it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

PRODUCTS = """
ph1 | Apple iPhone 15 smartphone 128 GB | Apple | Electronics > Phones | $799 | 4.7x3120 | color=Black; mpn=MTP03
ph2 | 苹果 iPhone 15 Pro 手机 256GB | Apple | Electronics > Phones | ¥7999/8999 | 4.8x2210 | color=White; mpn=MTQ63
ph3 | Apple iPhone SE smartphone 64 GB | Apple | Electronics > Phones | $429/479 | 4.4x980 | color=Red
ph4 | Samsung Galaxy S24 smartphone 三星手机 | Samsung | Electronics > Phones | $749 | 4.6x1870 | color=Black
ph5 | Samsung Galaxy A15 smartphone | Samsung | Electronics > Phones | $179/229 | 4.1x640 | color=Blue
ph6 | 华为 Mate 60 手机 | Huawei | Electronics > Phones | ¥5499 | 4.8x4100 | color=Green; mpn=ALN-AL00
ph7 | 小米 14 手机 | Xiaomi | Electronics > Phones | ¥3999/4299 | 4.7x2650 | color=White; mpn=23127PN0CC
ph8 | 红米 Note 13 手机 | Xiaomi | Electronics > Phones | ¥1099 | 4.3x5300 | color=Blue
ph9 | 雪鹿 老人手机 大字体 | 雪鹿/Snowdeer | Electronics > Phones | ¥299 | 3.9x210 | color=Red
lt1 | Apple MacBook Air 13.6 inch laptop | Apple | Electronics > Laptops | $999/1099 | 4.8x1410 | material=Aluminium
lt2 | Dell XPS 13 laptop 13.4 inch | Dell | Electronics > Laptops | $1199 | 4.5x520 | mpn=XPS9340
lt3 | 联想 笔记本电脑 15.6英寸 16GB内存 | Lenovo | Electronics > Laptops | ¥4999/5499 | 4.6x1900 |
lt4 | Lenovo gaming laptop 15.6 inch 16 GB RAM | Lenovo | Electronics > Laptops | $899 | 4.4x430 |
lt5 | 华为 笔记本电脑 14英寸 | Huawei | Electronics > Laptops | ¥5999 | 4.7x800 |
lt6 | Orbix student laptop 15.6" | Orbix | Electronics > Laptops | $349 | 3.7x88 | material=Plastic
hp1 | Sony WH-1000XM5 wireless noise cancelling headphones | Sony | Electronics > Headphones | $348/399 | 4.7x5210 | color=Black; mpn=WH-1000XM5
hp2 | Sony WF-C700N wireless earbuds | Sony | Electronics > Headphones | $98 | 4.3x760 | color=White; mpn=WF-C700N
hp3 | 索尼 蓝牙耳机 头戴式 降噪 | Sony | Electronics > Headphones | ¥1299 | 4.6x640 | color=Black
hp4 | Apple AirPods Pro earbuds 苹果耳机 | Apple | Electronics > Headphones | $229 | 4.7x8800 | color=White
hp5 | 雪鹿 蓝牙耳机 无线 运动 | 雪鹿/Snowdeer | Electronics > Headphones | ¥159/199 | 4.4x2900 | color=Black
hp6 | Lumo wireless bluetooth headphones | Lumo | Electronics > Headphones | $39.99/59.99 | 4.2x310 | color=Blue
hp7 | Lumo wired earphones with microphone | Lumo | Electronics > Headphones | $12.50 | 3.6x95 | color=White
hp8 | 有线耳机 带麦克风 | 雪鹿/Snowdeer | Electronics > Headphones | ¥39 | 3.8x1200 | color=White; out
hp9 | Kite kids headphones volume limited | Kite | Electronics > Headphones | $24 | 4.5x410 | color=Pink
sp1 | Lumo bluetooth speaker waterproof portable | Lumo | Electronics > Speakers | $45 | 4.3x520 | color=Black
sp2 | 小米 蓝牙音箱 便携 防水 | Xiaomi | Electronics > Speakers | ¥149 | 4.5x3300 | color=Black
sp3 | 雪鹿 藍牙音箱 木紋 | 雪鹿/Snowdeer | Electronics > Speakers | ¥259 | 4.1x75 | material=Wood
kb1 | Logitech mechanical keyboard K845 | Logitech | Electronics > Keyboards | $79.99 | 4.5x910 | mpn=K845
kb2 | 罗技 无线键盘 | Logitech | Electronics > Keyboards | ¥159 | 4.4x1500 | color=Black
kb3 | 雪鹿 机械键盘 青轴 游戏 | 雪鹿/Snowdeer | Electronics > Keyboards | ¥299/399 | 4.2x640 |
kb4 | Orbix gaming keyboard RGB | Orbix | Electronics > Keyboards | $129 | 4.0x150 | color=Black
ms1 | Logitech wireless mouse M185 | Logitech | Electronics > Mice | $14.99 | 4.5x12000 | color=Grey; mpn=M185
ms2 | 罗技 无线鼠标 静音 | Logitech | Electronics > Mice | ¥89 | 4.7x8000 | color=Black
ms3 | Orbix gaming mouse | Orbix | Electronics > Mice | $59 | 4.1x230 | color=Black
mo1 | Orbix gaming monitor 27 inch 144 Hz | Orbix | Electronics > Monitors | $249 | 4.3x340 |
mo2 | 雪鹿 显示器 27英寸 144Hz | 雪鹿/Snowdeer | Electronics > Monitors | ¥1299 | 4.4x510 |
mo3 | Dell monitor 24 inch | Dell | Electronics > Monitors | $159 | 4.6x1200 | mpn=P2425H
tv1 | Samsung 55 inch smart TV | Samsung | Electronics > Televisions | $499/649 | 4.5x2100 |
tv2 | 小米 电视 65英寸 | Xiaomi | Electronics > Televisions | ¥2799 | 4.6x5100 |
cb1 | Lumo USB-C charging cable 2 m | Lumo | Electronics > Cables | $9.99 | 4.4x3100 | color=White
cb2 | 小米 快充数据线 1米 | Xiaomi | Electronics > Cables | ¥29 | 4.6x9100 | color=White
pb1 | Lumo power bank 20000 mAh | Lumo | Electronics > Power Banks | $35 | 4.3x870 | color=Black
pb2 | 小米 移动电源 10000毫安 | Xiaomi | Electronics > Power Banks | ¥99 | 4.8x7200 | color=Silver
pc1 | 手机壳 透明 硅胶 防摔 | 雪鹿/Snowdeer | Electronics > Phone Cases | ¥29 | 4.5x4000 | material=Silicone
pc2 | Kite leather phone case with card holder | Kite | Electronics > Phone Cases | $19 | 4.0x120 | color=Brown; material=Leather
pc3 | Apple iPhone 15 silicone case | Apple | Electronics > Phone Cases | $49 | 4.2x300 | color=Blue; material=Silicone
kd1 | Amazon Kindle e-reader | Amazon | Electronics > E-Readers | $99 | 4.7x6400 | color=Black
ap1 | Red Fuji apples 1 kg | Green Valley | Food > Fruit > Apples | $3.99 | 4.5x210 | color=Red
ap2 | 红富士苹果 水果 5斤 | Green Valley | Food > Fruit > Apples | ¥29.90 | 4.7x1900 | color=Red
ap3 | Green Granny Smith apples bag | Green Valley | Food > Fruit > Apples | $4.49 | 4.3x130 | color=Green
ap4 | Apple juice 1 L | Green Valley | Food > Juice | $2.99 | 4.4x95 |
ap5 | 苹果汁 1升 | Green Valley | Food > Juice | ¥12 | 4.1x260 |
or1 | Sweet oranges 2 kg | Green Valley | Food > Fruit > Oranges | $5.99 | 4.6x170 | color=Orange
or2 | 橙子 水果 3公斤 | Green Valley | Food > Fruit > Oranges | ¥36 | 4.5x880 | color=Orange
or3 | Orange juice 1 L | Green Valley | Food > Juice | $3.29 | 4.5x140 |
te1 | 春山 龙井 绿茶 250克 | 春山 | Food > Tea | ¥128 | 4.8x620 |
te2 | Jasmine green tea 100 g | 春山 | Food > Tea | $8 | 4.4x210 |
cf1 | Terra dark roast coffee beans 500 g | Terra | Food > Coffee | $14 | 4.6x930 |
cf2 | 春山 咖啡豆 500克 | 春山 | Food > Coffee | ¥68 | 4.5x410 |
ck1 | Terra dark chocolate 100 g | Terra | Food > Chocolate | $4 | 4.7x560 |
gm1 | Sugar free chewing gum | Terra | Food > Candy | $2.50 | 4.0x85 |
bg1 | Coach leather handbag brown | Coach | Bags > Handbags | $295/395 | 4.8x640 | color=Brown; material=Leather
bg2 | 蔻驰 斜挎包 真皮 黑色 | Coach | Bags > Crossbody Bags | ¥1899 | 4.7x320 | color=Black; material=Leather
bg3 | Kite canvas backpack green | Kite | Bags > Backpacks | $49.99/69.99 | 4.4x510 | color=Green; material=Canvas
bg4 | 雪鹿 双肩包 防水 黑色 | 雪鹿/Snowdeer | Bags > Backpacks | ¥169 | 4.5x1800 | color=Black; material=Nylon
bg5 | Orbix laptop backpack waterproof | Orbix | Bags > Backpacks | $59 | 4.3x730 | color=Grey; material=Nylon
bg6 | 雪鹿 手提包 女 帆布 | 雪鹿/Snowdeer | Bags > Handbags | ¥99 | 4.1x240 | color=White; material=Canvas
bg7 | Kite leather wallet brown | Kite | Bags > Wallets | $35 | 4.5x390 | color=Brown; material=Leather
bg8 | 雪鹿 钱包 男 真皮 | 雪鹿/Snowdeer | Bags > Wallets | ¥129 | 4.4x700 | color=Black; material=Leather
dr1 | Kite red cotton dress | Kite | Clothing > Dresses | $39.99 | 4.4x220 | color=Red; material=Cotton; size=M
dr2 | 雪鹿 红色连衣裙 女 夏季 | 雪鹿/Snowdeer | Clothing > Dresses | ¥199/299 | 4.6x1300 | color=Red; material=Polyester; size=M
dr3 | Kite blue silk dress | Kite | Clothing > Dresses | $89 | 4.5x140 | color=Blue; material=Silk; size=S
dr4 | 雪鹿 碎花连衣裙 长袖 女 | 雪鹿/Snowdeer | Clothing > Dresses | ¥259 | 4.3x560 | color=Yellow; size=L
dr5 | Kite striped linen dress | Kite | Clothing > Dresses | $59/79 | 4.2x97 | color=White; material=Linen; size=L
dr6 | 雪鹿 黑色連衣裙 長袖 | 雪鹿/Snowdeer | Clothing > Dresses | ¥329 | 4.7x88 | color=Black; size=XL
dr7 | Kite orange summer dress | Kite | Clothing > Dresses | $29 | 4.0x64 | color=Orange; material=Cotton; size=S
dr8 | Kite black evening dress | Kite | Clothing > Dresses | $149 | 4.6x75 | color=Black; size=M
sk1 | Kite floral skirt | Kite | Clothing > Skirts | $34 | 4.1x110 | color=Yellow; material=Cotton; size=M
sk2 | 雪鹿 百褶裙 女 | 雪鹿/Snowdeer | Clothing > Skirts | ¥99 | 4.4x900 | color=Black; size=S
sh1 | Kite white cotton t-shirt | Kite | Clothing > T-Shirts | $15 | 4.3x1500 | color=White; material=Cotton; size=L
sh2 | 纯棉T恤 男 白色 | 雪鹿/Snowdeer | Clothing > T-Shirts | ¥59/89 | 4.5x3200 | color=White; material=Cotton; size=XL
sh3 | 雪鹿 长袖衬衫 男 纯棉 | 雪鹿/Snowdeer | Clothing > Shirts | ¥139 | 4.2x450 | color=Blue; material=Cotton; size=L
sh4 | Kite linen shirt blue | Kite | Clothing > Shirts | $42 | 4.4x130 | color=Blue; material=Linen; size=M
jk1 | Snowdeer down jacket men | 雪鹿/Snowdeer | Clothing > Jackets > Down Jackets | $129/189 | 4.7x410 | color=Navy; material=Nylon; size=L
jk2 | 雪鹿 羽绒服 女 加厚 黑色 | 雪鹿/Snowdeer | Clothing > Jackets > Down Jackets | ¥999 | 4.8x1600 | color=Black; material=Nylon; size=XL
jk3 | Adidas track jacket | Adidas | Clothing > Jackets | $65 | 4.4x380 | color=Navy; material=Polyester; size=L
jk4 | Kite rain jacket with hood | Kite | Clothing > Jackets | $55 | 4.3x160 | color=Yellow; material=Polyester; size=M
jk5 | Kite denim jacket | Kite | Clothing > Jackets | $75 | 4.5x190 | color=Blue; material=Denim; size=XL
jk6 | 雪鹿 羊毛大衣 灰色 | 雪鹿/Snowdeer | Clothing > Coats | ¥1299 | 4.6x230 | color=Grey; material=Wool; size=M
jn1 | 雪鹿 牛仔裤 男 直筒 | 雪鹿/Snowdeer | Clothing > Jeans | ¥159 | 4.4x2100 | color=Blue; material=Denim; size=L
jn2 | Kite slim jeans women | Kite | Clothing > Jeans | $48 | 4.2x640 | color=Blue; material=Denim; size=S
sc1 | Kite no show socks pack of 6 | Kite | Clothing > Socks | $12 | 4.4x1100 | color=White; material=Cotton
gl1 | Snowdeer kids wool gloves | 雪鹿/Snowdeer | Clothing > Gloves | $14 | 4.5x130 | color=Red; material=Wool; size=S
sn1 | Nike running shoes men | Nike | Clothing > Shoes > Running Shoes | $110/130 | 4.6x2300 | color=Black; material=Mesh; size=42
sn2 | 耐克 跑步鞋 女 | Nike | Clothing > Shoes > Running Shoes | ¥599 | 4.5x980 | color=Pink; material=Mesh; size=38
sn3 | Adidas sneakers white leather | Adidas | Clothing > Shoes > Sneakers | $85 | 4.5x720 | color=White; material=Leather; size=42
sn4 | 阿迪达斯 运动鞋 黑色 | Adidas | Clothing > Shoes > Sneakers | ¥499/699 | 4.4x1400 | color=Black; material=Mesh; size=43
sn5 | 雪鹿 帆布鞋 绿色 女 | 雪鹿/Snowdeer | Clothing > Shoes > Sneakers | ¥89 | 4.2x870 | color=Green; material=Canvas; size=37
sn6 | Nike Air Max 90 sneakers | Nike | Clothing > Shoes > Sneakers | $130 | 4.7x1900 | color=White; material=Leather; size=43
bt1 | Norden leather boots men brown | Norden | Clothing > Shoes > Boots | $140 | 4.5x260 | color=Brown; material=Leather; size=44
bt2 | 雪鹿 雪地靴 女 防滑 | 雪鹿/Snowdeer | Clothing > Shoes > Boots | ¥199/259 | 4.6x1500 | color=Brown; size=38
bl1 | Kite leather belt brown | Kite | Accessories > Belts | $25 | 4.3x310 | color=Brown; material=Leather
bl2 | Kite canvas belt | Kite | Accessories > Belts | $18 | 4.1x90 | color=Green; material=Canvas
wt1 | Casio digital watch | Casio | Accessories > Watches | $29 | 4.6x5200 | color=Black; mpn=F-91W
wt2 | 雪鹿 手表 男 机械 | 雪鹿/Snowdeer | Accessories > Watches | ¥1599 | 4.3x140 | color=Silver
wt3 | Apple Watch Series 9 | Apple | Accessories > Watches | $399 | 4.7x2400 | color=Silver
um1 | 雪鹿 三折伞 晴雨 | 雪鹿/Snowdeer | Accessories > Umbrellas | ¥49 | 4.4x2600 | color=Black
um2 | Norden compact umbrella | Norden | Accessories > Umbrellas | $16 | 4.2x320 | color=Blue
mg1 | Terra ceramic mug white | Terra | Kitchen > Mugs | $9 | 4.5x410 | color=White; material=Ceramic
mg2 | Terra 蓝色马克杯 陶瓷 | Terra | Kitchen > Mugs | ¥39 | 4.6x760 | color=Blue; material=Ceramic
mg3 | Terra red ceramic mug 350 ml | Terra | Kitchen > Mugs | $11 | 4.3x140 | color=Red; material=Ceramic
tp1 | Terra glass teapot | Terra | Kitchen > Teapots | $28 | 4.4x180 | material=Glass
kt1 | Terra stainless steel kettle TK-17 | Terra | Kitchen > Kettles | $45 | 4.4x1540 | material=Stainless Steel; mpn=TK-17
kt2 | 苏泊尔 不锈钢水壶 1.5升 | 苏泊尔 | Kitchen > Kettles | ¥99 | 4.5x3100 | material=Stainless Steel
rc1 | 苏泊尔 电饭煲 SF40 | 苏泊尔 | Kitchen > Rice Cookers | ¥299/399 | 4.7x5600 | mpn=SF40FC
rc2 | Terra rice cooker 1.8 L | Terra | Kitchen > Rice Cookers | $59 | 4.4x220 |
pn1 | 苏泊尔 不粘锅 炒锅 | 苏泊尔 | Kitchen > Pans | ¥159 | 4.6x2400 | material=Aluminium
pn2 | Terra non-stick frying pan 28 cm | Terra | Kitchen > Pans | $32 | 4.3x650 | material=Aluminium
bo1 | Terra stainless steel water bottle 500 ml | Terra | Kitchen > Bottles | $18 | 4.6x870 | material=Stainless Steel
bo2 | 雪鹿 保温杯 不锈钢 500毫升 | 雪鹿/Snowdeer | Kitchen > Bottles | ¥79 | 4.7x4300 | material=Stainless Steel
bo3 | Orbix plastic water bottle 0.5 L | Orbix | Kitchen > Bottles | $7 | 3.9x210 | material=Plastic
bo4 | 塑料水杯 1升 | 雪鹿/Snowdeer | Kitchen > Bottles | ¥25 | 4.0x660 | material=Plastic
bd1 | Terra countertop blender | Terra | Kitchen > Blenders | $69/89 | 4.6x2300 |
bd2 | 小米 榨汁机 便携 | Xiaomi | Kitchen > Blenders | ¥199 | 4.5x1700 |
bd3 | Orbix blender basic | Orbix | Kitchen > Blenders | $29 | 3.4x45 | material=Plastic
cm1 | Terra drip coffee maker | Terra | Kitchen > Coffee Makers | $75 | 4.4x690 |
to1 | Terra two slice toaster | Terra | Kitchen > Toasters | $38 | 4.2x480 |
lp1 | Lumo desk lamp LX-200 | Lumo | Home > Lamps | $30 | 4.5x330 | color=White; mpn=LX-200
lp2 | 雪鹿 台灯 护眼 | 雪鹿/Snowdeer | Home > Lamps | ¥129 | 4.6x2800 | color=White
lp3 | Lumo floor lamp LX-310 | Lumo | Home > Lamps | $89 | 4.2x140 | color=Black; material=Wood; mpn=LX-310
bs1 | 雪鹿 四件套 纯棉 床上用品 | 雪鹿/Snowdeer | Home > Bedding | ¥299 | 4.5x1900 | material=Cotton
bs2 | Kite cotton sheet set queen | Kite | Home > Bedding | $49 | 4.3x870 | material=Cotton
pw1 | Norden memory foam pillow | Norden | Home > Pillows | $35 | 4.4x1200 |
tb1 | Norden oak dining table | Norden | Furniture > Tables | $450 | 4.5x95 | color=Brown; material=Wood
ch1 | Norden office chair | Norden | Furniture > Chairs | $150/199 | 4.2x530 | color=Black; material=Mesh
ch2 | 雪鹿 办公椅 人体工学 | 雪鹿/Snowdeer | Furniture > Chairs | ¥399 | 4.4x1600 | color=Black
sf1 | Norden leather sofa | Norden | Furniture > Sofas | $1200 | 4.6x70 | color=Brown; material=Leather
sf2 | 雪鹿 布艺沙发 | 雪鹿/Snowdeer | Furniture > Sofas | ¥2599 | 4.3x210 | color=Grey
wm1 | 海尔 洗衣机 全自动 | Haier | Appliances > Washing Machines | ¥1899 | 4.7x6100 | color=White
wm2 | Samsung front load washing machine | Samsung | Appliances > Washing Machines | $650 | 4.4x310 | color=White
vc1 | Orbix cordless vacuum cleaner | Orbix | Appliances > Vacuum Cleaners | $179/249 | 4.3x910 |
vc2 | 小米 吸尘器 无线 | Xiaomi | Appliances > Vacuum Cleaners | ¥799 | 4.6x2500 |
hd1 | 小米 吹风机 大功率 | Xiaomi | Appliances > Hair Dryers | ¥199 | 4.8x4700 |
hd2 | Lumo hair dryer | Lumo | Appliances > Hair Dryers | $39 | 4.1x260 |
be1 | 荷语 洗发水 500ml | 荷语 | Beauty > Shampoo | ¥45 | 4.3x980 |
be2 | Lotus shampoo 500 ml | 荷语 | Beauty > Shampoo | $9 | 4.2x150 |
be3 | 荷语 面膜 补水 | 荷语 | Beauty > Face Masks | ¥79 | 4.6x3600 |
be4 | Hydrating face mask | 荷语 | Beauty > Face Masks | $15 | 4.3x210 |
be5 | Velvet lipstick | 荷语 | Beauty > Lipstick | $18 | 4.4x540 | color=Red
be6 | 荷语 口红 正红色 | 荷语 | Beauty > Lipstick | ¥99 | 4.7x2200 | color=Red
pf1 | Rose perfume 50 ml | 荷语 | Beauty > Perfume | $60 | 4.5x180 |
pf2 | 荷语 玫瑰香水 50毫升 | 荷语 | Beauty > Perfume | ¥299 | 4.4x420 |
yg1 | Kite yoga mat purple | Kite | Sports > Yoga Mats | $25 | 4.6x1400 | color=Purple
yg2 | 雪鹿 瑜伽垫 加厚 | 雪鹿/Snowdeer | Sports > Yoga Mats | ¥69 | 4.5x3300 | color=Blue
tt1 | Norden trail tent green | Norden | Sports > Tents | $120 | 4.4x230 | color=Green; material=Nylon
tt2 | 雪鹿 帐篷 户外 | 雪鹿/Snowdeer | Sports > Tents | ¥399 | 4.3x770 | color=Green; material=Nylon
ba1 | Nike basketball | Nike | Sports > Balls | $30 | 4.5x640 | color=Orange
wl1 | Whistle for coaches with lanyard | Norden | Sports > Whistles | $8 | 4.4x190 | color=Silver
wl2 | Tactics board for coaches | Norden | Sports > Boards | $24 | 4.1x60 | color=White
ty1 | Kids wooden puzzle 100 pieces | Terra | Toys > Puzzles | $14 | 4.5x320 | material=Wood
ty2 | Terra 儿童拼图 木质 | Terra | Toys > Puzzles | ¥49 | 4.6x1100 | material=Wood
ty3 | Lego city fire station set | Lego | Toys > Building Blocks | $59 | 4.8x3900 | material=Plastic
ty4 | 乐高 积木 城市系列 | Lego | Toys > Building Blocks | ¥399 | 4.8x2700 | material=Plastic
bk1 | Doctors without borders: a history | | Books > History | $18 | 4.3x70 |
"""
"""Id, title, brand, category, price and list price, rating and its count, attributes and part number.

Prices with a dollar sign are in USD, the others in CNY; `out` is out of stock.
"""

FIRST_UPDATE = date(2025, 1, 1)
"""The first product was changed on this day, each later one a day later."""

ATTRIBUTES = ("color", "material", "size")


def case_records() -> list[dict[str, Any]]:
    """Return the products as a shop would import them."""
    lines = PRODUCTS.strip().split("\n")
    return [_record(number, [cell.strip() for cell in line.split("|")]) for number, line in enumerate(lines, start=1)]


def barcode_of(number: int) -> str:
    """Return the EAN-13 of the product on this line, from 1."""
    digits = f"690123{number:06d}"
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return digits + str(-total % 10)


def _record(number: int, cells: list[str]) -> dict[str, Any]:
    product_id, title, brand, category, prices, rated, more = cells
    currency = "USD" if prices.startswith("$") else "CNY"
    price, _, list_price = prices[1:].partition("/")
    mean, _, count = rated.partition("x")
    named = dict(part.split("=") for part in more.split("; ") if "=" in part)
    return {
        "id": product_id,
        "title": title,
        "brand": brand,
        "categories": [category],
        "price": f"{price} {currency}",
        "rating": float(mean),
        "rating_count": int(count),
        "availability": "out of stock" if more.endswith("out") else "in stock",
        "sku": f"TG-{1000 + number}",
        "gtin": barcode_of(number),
        "updated_at": (FIRST_UPDATE + timedelta(days=number)).isoformat(),
        "attributes": {name: [value] for name, value in named.items() if name in ATTRIBUTES},
        **({"list_price": f"{list_price} {currency}"} if list_price else {}),
        **({"mpn": named["mpn"]} if "mpn" in named else {}),
    }
