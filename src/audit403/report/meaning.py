"""What a message means, as text and as JSON."""

from typing import Any

from audit403.core.meaning import Meaning
from audit403.report.terminal import Style, safe


def meaning_text(meaning: Meaning, style: Style) -> str:
    """The message, what it names, and each cause."""
    status = "" if meaning.status is None else f"{meaning.status} "
    lines = [f"{style.paint(f'{status}{safe(meaning.code)}', 'error')}: {safe(meaning.message)}", ""]
    named = (("by", meaning.principal), ("action", meaning.action), ("on", meaning.resource))
    lines += [f"  {name:<6}  {safe(value)}" for name, value in named if value is not None]
    lines += [f"→ {cause.name}: {safe(cause.text)}" for cause in meaning.causes]
    return "\n".join(lines) + "\n"


def meaning_json(meaning: Meaning) -> dict[str, Any]:
    """The same as an object."""
    return {
        "message": meaning.message,
        "code": meaning.code,
        "status": meaning.status,
        "principal": meaning.principal,
        "action": meaning.action,
        "resource": meaning.resource,
        "causes": [{"cause": cause.name, "message": cause.text} for cause in meaning.causes],
    }
