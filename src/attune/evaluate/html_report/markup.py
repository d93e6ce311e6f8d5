"""Text made safe for HTML. Every transcript, name and path passes through here."""

from __future__ import annotations

import html

__all__ = ["element", "safe", "scrolling"]


def safe(text: object) -> str:
    """`text` as it may stand between tags and inside quoted attributes; controls are replaced."""
    shown = "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for letter in str(text)
    )
    return html.escape(shown, quote=True)


def element(tag: str, *content: str, **attributes: object) -> str:
    """An element around `content`, which is markup already; attribute values are made safe.

    Underscores at the end of attribute names are dropped (`class_`), others become hyphens; True
    stands for an attribute without value, None and False leave it out.
    """
    parts = [tag]
    for name, value in attributes.items():
        written = name.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(written)
        elif value is not None and value is not False:
            parts.append(f'{written}="{safe(value)}"')
    return f"<{' '.join(parts)}>{''.join(content)}</{tag}>"


def scrolling(label: str, *content: str) -> str:
    """A box that scrolls, with the keyboard too."""
    return element("div", *content, class_="scroll", tabindex=0, role="region", aria_label=label)
