"""A small shop with every table the customer profile reads, opened as a real store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retention_lib.settings.models import StoreSettings
from retention_lib.stores.store import Store, open_store

TABLES = {
    "transactions": """customer_id,order_id,ordered_at,amount,category,discount,channel
        ann,o1,2026-01-05 10:15:00,100.00,tea,0,shop
        ann,o1,2026-01-05 10:15:00,50.00,cups,10,shop
        ann,o2,2026-01-12 10:40:00,40.00,tea,0,web
        ann,o3,2026-02-03 18:00:00,60.00,tea,-20,web
        ann,o3,2026-02-10 12:00:00,-60.00,tea,0,web
        ann,o4,2026-03-01 00:00:00,999.00,tea,0,web
        bob,o5,2026-02-28 23:59:59,20.00,coffee,0,shop
        cid,o6,2026-01-31 00:00:00,30.00,,0,web
        cid,o7,2026-01-31 12:00:00,10.00,coffee,5,web
        cid,o8,2026-02-01 09:00:00,-15.00,coffee,0,web
        fay,o9,2026-02-01 09:00:00,-5.00,tea,0,web""",
    "redemptions": """customer_id,coupon_id,campaign_id,redeemed_at
        ann,c1,k1,2026-01-05 10:15:00
        ann,c2,k1,2026-03-01 00:00:00""",
    "contacts": """customer_id,campaign_id,channel,sent_at,opened_at,clicked_at
        ann,k1,email,2026-02-01 09:00:00,2026-02-01 20:10:00,
        ann,k2,email,2026-02-08 09:00:00,,2026-02-09 08:00:00
        ann,k3,sms,2026-02-10 09:00:00,,
        bob,k1,email,2026-02-01 09:00:00,2026-03-01 00:00:00,
        bob,k4,email,2026-03-01 09:00:00,,
        cid,k3,sms,2026-02-10 09:00:00,,""",
    "web_events": """customer_id,session_id,occurred_at,event
        ann,s1,2026-02-20 10:00:00,visit
        ann,s1,2026-02-20 10:01:00,view
        ann,s2,2026-02-21 11:00:00,cart_add
        gus,s3,2026-02-25 12:00:00,visit
        ,s4,2026-02-26 12:00:00,visit
        ann,s5,2026-03-01 00:00:00,visit""",
    "customers": """customer_id,acquired_at,birth_date,sex,region,household_id,email_consent,sms_consent
        ann,2020-05-01,2001-03-01,f,North,h1,true,false
        bob,2021-06-01,,m,South,h1,,true
        dan,2026-02-28,2001-03-02,m,North,h2,false,false
        eve,2026-03-01,1990-01-01,f,North,h3,true,true""",
    "loyalty_events": """customer_id,occurred_at,event,points,tier
        ann,2025-12-01,join,,
        ann,2026-01-01,tier,,silver
        ann,2026-01-05,earn,100,
        ann,2026-01-12,redeem,30,
        ann,2026-02-01,expire,10,
        ann,2026-02-03,reverse,5,
        ann,2026-02-04,adjust,2,
        ann,2026-03-02,tier,,gold
        bob,2025-01-01,join,,
        bob,2025-06-01,earn,7,
        bob,2026-01-01,forfeit,7,
        bob,2026-01-01,leave,,""",
    "feedback": """customer_id,given_at,score,scale,kind
        ann,2026-02-01,5,5,review
        ann,2026-02-10,2,5,review
        ann,2026-02-11,8,10,survey
        bob,2026-02-12,5,10,
        cid,2026-02-27,4,10,review
        cid,2026-03-01,1,5,review""",
    "service": """customer_id,opened_at,closed_at
        ann,2026-01-02,2026-01-03
        ann,2026-02-15,2026-03-01 10:00:00""",
}


def shop(folder: Path, *names: str, **written: str) -> Store:
    """The store with these tables; `written` replaces a table's text."""
    tables: dict[str, Any] = {}
    for name in names:
        lines = written.get(name, TABLES[name]).splitlines()
        (folder / f"{name}.csv").write_text("\n".join(line.strip() for line in lines) + "\n")
        tables[name] = {"path": f"{name}.csv"}
    settings = StoreSettings.model_validate({"timezone": "UTC", "currency": "EUR", "tables": tables})
    return open_store("shop", settings, root=folder)
