"""The shop's knowledge base: a few articles, found by the words they share with the query."""

ARTICLES = {
    "Refunds": "Refunds go back to the card that paid, within 5 days. Above $100 a team lead decides.",
    "Password": "Send a reset link from the account page. Never read a password out.",
    "Shipping": "Parcels take 2 to 4 days. The tracking link is in the confirmation mail.",
    "Subscriptions": "A subscription is cancelled on the account page, and ends with the paid month.",
    "Returns": "Broken goods are refunded in full; the customer keeps them.",
}


def search(query: str) -> list[dict[str, str]]:
    """The two articles that share the most words with the query."""
    words = set(query.lower().split())
    ranked = sorted(
        ARTICLES.items(), key=lambda article: -len(words & set(f"{article[0]} {article[1]}".lower().split()))
    )
    return [{"title": title, "text": text} for title, text in ranked[:2]]
