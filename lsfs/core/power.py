"""Whether the machine runs on a battery (sysfs-class-power, Documentation/ABI/testing of the kernel)."""

from __future__ import annotations

from pathlib import Path

SUPPLIES = Path("/sys/class/power_supply")


def on_battery(supplies: Path = SUPPLIES) -> bool:
    """Whether a battery is being discharged; False where that cannot be told, as on a desktop."""
    try:
        found = list(supplies.iterdir())
    except OSError:
        return False
    return any(_says(supply / "type") == "Battery" and _says(supply / "status") == "Discharging" for supply in found)


def _says(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
