"""The people and words of the invented firm: names that break careless code, and numbers for them.

Every name is here to catch a mistake: diacritics, Chinese, right-to-left and Cyrillic text, an apostrophe, a
spreadsheet formula as an organization, Rich markup as a group, commas, quotes and newlines in subjects.
"""

from __future__ import annotations

from .model import Customer

# Who works in which group; the first group takes most tickets.
GROUPS: dict[str, tuple[str, ...]] = {
    "Billing": ("Zoë Müller", "Tom Baker", "Ayşe Yılmaz"),
    "Technik": ("李娜", "Jürgen Groß", "Łukasz Wójcik", "Дарья Иванова"),
    "Versand & Retouren": ("Núria", "Chloé Dubois", "Åsa Lindqvist"),
    "[red]VIP[/red]": ("Seán O'Brien", "محمد علي"),
}
GROUP_WEIGHTS = (34, 32, 24, 10)
AGENTS = tuple(agent for agents in GROUPS.values() for agent in agents)
BOT = "Antwort-Bot"

ORGANIZATIONS = (
    "=SUM Ltd", "Müller & Söhne GmbH", "Nordwind AG", 'Acme "Best" Inc.', "Café Zürich, Inh. K. Weiß", "東京商事",
    "+Plus SARL", "@home B.V.", "Pêche d'Or", "-Minus KG", "Ødegård ApS", "Piñata S.L.",
)  # fmt: skip
PRODUCTS = ("Router", "App", "Konto & Vertrag", "Zubehör")
TAGS = ("rechnung", "refund", "vip", "wlan", "app_crash", "liefertermin", "newsletter", "garantie")
SUBJECTS = (
    "Rechnung 2025-{n} falsch",
    "Refund for order {n}, please",
    'App says "Error {n}"',
    "WLAN bricht ab, seit gestern, ständig",
    "Where is my parcel {n}?",
    "Ma commande n° {n} n'est pas arrivée",
    "Kündigung zum Monatsende",
    "订单 {n} 没有收到",
    "Re: Re: Angebot {n}",
    "Passwort vergessen",
    "Invoice {n}; copy needed",
    "Gerät startet nicht (blinkt rot)",
    "Address change,\nnew street since Monday",
    "¿Cómo activo la garantía?",
)
GOOD_WORDS = ("Danke, schnell gelöst!", "Great help, thank you", "Parfait 👍", "Sehr freundlich, gerne wieder")
BAD_WORDS = (
    "Zu langsam.",
    'I was told "tomorrow", twice',
    "Nobody answered for days,\nthen a template",
    "Nicht gelöst",
)

_FIRST = (
    "Anna", "Ben", "Clara", "Dmitri", "Élodie", "Farid", "Grace", "Hüseyin", "Ines", "Jørgen", "Kateřina", "Léon",
    "Mei", "Noah", "Olga", "Paweł", "Quirin", "Rosa", "Søren", "Teresa",
)  # fmt: skip
_LAST = (
    "Schmidt", "O'Neill", "García López", "Nowak", "Weiß", "D'Angelo", "van der Berg", "Yıldız", "Ström", "Kim",
    "Brown", "Fischer",
)  # fmt: skip


def customers() -> list[Customer]:
    """The firm's 240 customers; three in five write for an organization. Addresses are all in the reserved domain."""
    people = []
    for index in range(len(_FIRST) * len(_LAST)):
        name = f"{_FIRST[index % len(_FIRST)]} {_LAST[index // len(_FIRST)]}"
        organization = ORGANIZATIONS[index % len(ORGANIZATIONS)] if index % 5 > 1 else None
        domain = f"firma{index % len(ORGANIZATIONS)}.example" if organization else "post.example"
        people.append(Customer(5001 + index, name, f"kunde{index + 1}@{domain}", organization))
    return people


def stranger(number: int, name: str = "Win Big") -> Customer:
    """Somebody with no other ticket: senders of spam, and of tickets that are deleted."""
    return Customer(6000 + number, f"{name} {number}", f"sender{number}@elsewhere.example", None)


def group_id(group: str) -> int:
    return 4400000000000 + 17 * (1 + list(GROUPS).index(group))


def agent_id(agent: str) -> int:
    return 3600000000000 + 13 * (1 + AGENTS.index(agent))


def organization_id(organization: str) -> int:
    return 2700000000000 + 11 * (1 + ORGANIZATIONS.index(organization))


def group_of(agent: str) -> str:
    return next(group for group, agents in GROUPS.items() if agent in agents)
